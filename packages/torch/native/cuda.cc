#include "cuda.h"

#include <ATen/Context.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <dlfcn.h>

const Cuda& Cuda::get() {
  static const Cuda cuda;
  return cuda;
}

// libtorch asks for its CUDA part once and remembers the answer, so this runs when the addon is loaded, before any
// operator.
Cuda::Cuda() {
  if (!dlopen("libcuda.so.1", RTLD_LAZY | RTLD_GLOBAL)) {
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
  } catch (const std::exception& e) {
    reason_ = e.what();
  }
}
