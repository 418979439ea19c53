#include "gpus.h"

#include <ATen/Context.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <dlfcn.h>

#include <cstdlib>

namespace trainer {

const Cuda& Cuda::get() {
  static const Cuda cuda;
  return cuda;
}

namespace {

/** Loads a library beside the addon; returns the reason of a failure, else empty. */
std::string loadBeside(const char* name) {
  Dl_info info;
  if (!dladdr(reinterpret_cast<void*>(&Cuda::get), &info) || !info.dli_fname) return "the addon's folder was not found";
  const std::string addon = info.dli_fname;
  const std::string path = addon.substr(0, addon.find_last_of('/') + 1) + name;
  if (dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL)) return "";
  const char* error = dlerror();
  return error ? error : path + " could not be loaded";
}

}  // namespace

/**
 * libtorch looks for its CUDA part once and caches the answer, so this runs when the addon is loaded, before any
 * operator.
 */
Cuda::Cuda() {
  // Tests run the kernels for GPUs on a CPU, which then has them in place of its own.
  const char* emulated = std::getenv("TRAINER_GPU");
  if (emulated && std::string(emulated) == "emulated") {
    emulated_ = true;
    kernelsReason_ = loadBeside("trainer-gpu-emulated.so");
  }
  void* driver = dlopen("libcuda.so.1", RTLD_LAZY | RTLD_GLOBAL);
  if (!driver) {
    reason_ = "no NVIDIA driver (libcuda.so.1) was found";
    return;
  }
  Dl_info info;
  if (!dladdr(reinterpret_cast<void*>(&at::globalContext), &info) || !info.dli_fname) {
    reason_ = "the folder of libtorch_cpu was not found";
    return;
  }
  const std::string cpu = info.dli_fname;
  const std::string path = cpu.substr(0, cpu.find_last_of('/') + 1) + "libtorch_cuda.so";
  if (!dlopen(path.c_str(), RTLD_NOW | RTLD_GLOBAL)) {
    const char* error = dlerror();
    reason_ = error ? error : path + " could not be loaded";
    return;
  }
  try {
    count_ = static_cast<int>(at::detail::getCUDAHooks().deviceCount());
    if (count_ == 0) reason_ = "the NVIDIA driver reports no device";
    describe(driver);
    at::globalContext().setAllowTF32CuDNN(false);  // as for cuBLAS: float32 is float32 unless TF32 is allowed
    if (count_ > 0) loadKernels();
  } catch (const std::exception& e) {
    reason_ = e.what();
  }
}

/** Our kernels find libtorch's CUDA part by its symbols, which are global now. */
void Cuda::loadKernels() {
  for (int i = 0; i < count_; ++i) {
    if (capabilities_[i].first < 8) {
      kernelsReason_ = names_[i] + " is older than compute capability 8.0";
      return;
    }
  }
  kernelsReason_ = loadBeside("trainer-cuda.so");
}

/** cuda.h: CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR and _MINOR. */
constexpr int kCapabilityMajor = 75;
constexpr int kCapabilityMinor = 76;

/**
 * Names, sizes and capabilities come from the driver itself: its C interface is stable, and CUDA's headers are not
 * needed.
 */
void Cuda::describe(void* driver) {
  const auto getDevice = reinterpret_cast<int (*)(int*, int)>(dlsym(driver, "cuDeviceGet"));
  const auto getName = reinterpret_cast<int (*)(char*, int, int)>(dlsym(driver, "cuDeviceGetName"));
  const auto getBytes = reinterpret_cast<int (*)(size_t*, int)>(dlsym(driver, "cuDeviceTotalMem_v2"));
  const auto getAttribute = reinterpret_cast<int (*)(int*, int, int)>(dlsym(driver, "cuDeviceGetAttribute"));
  for (int i = 0; i < count_; ++i) {
    int device = 0, major = 0, minor = 0;
    char name[256] = "";
    size_t bytes = 0;
    if (getDevice && getName && getBytes && getDevice(&device, i) == 0) {
      getName(name, sizeof(name), device);
      getBytes(&bytes, device);
      if (getAttribute) {
        getAttribute(&major, kCapabilityMajor, device);
        getAttribute(&minor, kCapabilityMinor, device);
      }
    }
    names_.emplace_back(name);
    bytes_.push_back(bytes);
    capabilities_.emplace_back(major, minor);
  }
}
}  // namespace trainer
