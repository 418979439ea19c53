#include "driver.h"

#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAGraphsC10Utils.h>
#include <c10/util/Exception.h>
#include <dlfcn.h>

#include "kernel.h"

namespace trainer::cuda {

namespace {

template <typename Function>
void find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  TORCH_CHECK(function != nullptr, "the NVIDIA driver has no ", name);
}

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
    find(library, "cuModuleLoadData", d.moduleLoadData);
    find(library, "cuModuleGetFunction", d.moduleGetFunction);
    find(library, "cuLaunchKernel", d.launchKernel);
    find(library, "cuFuncSetAttribute", d.funcSetAttribute);
    find(library, "cuGetErrorString", d.getErrorString);
    find(library, "cuCtxGetCurrent", d.ctxGetCurrent);
    find(library, "cuCtxSetCurrent", d.ctxSetCurrent);
    find(library, "cuDevicePrimaryCtxRetain", d.primaryCtxRetain);
    find(library, "cuDeviceGetAttribute", d.deviceGetAttribute);
    find(library, "cuDeviceGetName", d.deviceGetName);
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
