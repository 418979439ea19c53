#include "driver.h"

#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAGraphsC10Utils.h>
#include <c10/util/Exception.h>
#include <dlfcn.h>

#include "kernel.h"
#include "symbol.h"

namespace trainer::cuda {

namespace {

int attribute(CUdevice_attribute which) {
  int value = 0;
  check(driver().deviceGetAttribute(&value, which, c10::cuda::current_device()), "cuDeviceGetAttribute", "a card");
  return value;
}

}  // namespace

const Driver& driver() {
  static const Driver found = [] {
    void* library = dlopen("libcuda.so.1", RTLD_NOW);
    TORCH_CHECK(library != nullptr, "no NVIDIA driver (libcuda.so.1) was found");
    Driver d{};
    findSymbol(library, "the NVIDIA driver", "cuModuleLoadData", d.moduleLoadData);
    findSymbol(library, "the NVIDIA driver", "cuModuleGetFunction", d.moduleGetFunction);
    findSymbol(library, "the NVIDIA driver", "cuLaunchKernel", d.launchKernel);
    findSymbol(library, "the NVIDIA driver", "cuFuncSetAttribute", d.funcSetAttribute);
    findSymbol(library, "the NVIDIA driver", "cuGetErrorString", d.getErrorString);
    findSymbol(library, "the NVIDIA driver", "cuCtxGetCurrent", d.ctxGetCurrent);
    findSymbol(library, "the NVIDIA driver", "cuCtxSetCurrent", d.ctxSetCurrent);
    findSymbol(library, "the NVIDIA driver", "cuDevicePrimaryCtxRetain", d.primaryCtxRetain);
    findSymbol(library, "the NVIDIA driver", "cuDeviceGetAttribute", d.deviceGetAttribute);
    findSymbol(library, "the NVIDIA driver", "cuDeviceGetName", d.deviceGetName);
    return d;
  }();
  return found;
}

void check(CUresult result, const char* call, const std::string& what) {
  if (result == CUDA_SUCCESS) return;
  const char* words = nullptr;
  driver().getErrorString(result, &words);
  TORCH_CHECK(false, call, " of ", what, " failed: ", words ? words : "unknown error");
}

void ensureContext() {
  thread_local int ready = -1;
  const int device = c10::cuda::current_device();
  if (ready == device) return;
  CUcontext context = nullptr;
  check(driver().ctxGetCurrent(&context), "cuCtxGetCurrent", "this thread");
  if (context == nullptr) {
    check(driver().primaryCtxRetain(&context, device), "cuDevicePrimaryCtxRetain", "the device");
    check(driver().ctxSetCurrent(context), "cuCtxSetCurrent", "this thread");
  }
  ready = device;
}

int computeCapability() {
  static const int capability = 10 * attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR) +
                                attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
  return capability;
}

bool isRecording() { return c10::cuda::currentStreamCaptureStatusMayInitCtx() != c10::cuda::CaptureStatus::None; }

int multiprocessors() {
  static const int count = attribute(CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
  return count;
}

int64_t sharedBytesOfBlock() {
  static const int bytes = attribute(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN);
  return bytes;
}

std::string cardName() {
  static const std::string name = [] {
    char text[256] = "";
    check(driver().deviceGetName(text, sizeof(text), c10::cuda::current_device()), "cuDeviceGetName", "a card");
    return std::string(text) + " sm_" + std::to_string(computeCapability());
  }();
  return name;
}

}  // namespace trainer::cuda
