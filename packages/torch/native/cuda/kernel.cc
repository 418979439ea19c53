#include "kernel.h"

#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAStream.h>
#include <c10/util/Exception.h>
#include <cuda.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <vector>

#include "driver.h"
#include "nvrtc.h"
#include "sources.h"

namespace trainer::cuda {

namespace {

const char* typeMacro(c10::ScalarType type) {
  switch (type) {
    case c10::kBFloat16:
      return "T_BF16";
    case c10::kHalf:
      return "T_FP16";
    default:
      return "T_FP32";
  }
}

/** The same kernels are requested at every step: one lookup finds the function. */
struct Cache {
  std::mutex mutex;
  std::map<std::string, CUfunction> functions;
  std::map<std::string, CUmodule> modules;
};

Cache& cache() {
  static auto* made = new Cache;  // kernels may be launched until the process ends
  return *made;
}

CUmodule moduleOf(Cache& all, const std::string& source, const std::vector<std::string>& macros) {
  std::string key = std::to_string(c10::cuda::current_device()) + " " + source;
  for (const std::string& macro : macros) key += " " + macro;
  if (const auto found = all.modules.find(key); found != all.modules.end()) return found->second;
  CUmodule module = nullptr;
  const std::string name =
      cardName() + " " + nvrtcVersion() + " " + key + textOf("number.cuh") + textOf(source + ".cu");
  const std::string folder = cacheFolder("kernels");
  const std::string path = folder.empty() ? "" : folder + "/" + source + "-" + digest(name) + ".cubin";
  const std::string kept = path.empty() ? "" : readKept(path);
  if (kept.empty() || driver().moduleLoadData(&module, kept.data()) != CUDA_SUCCESS) {
    const std::string made = compile(source, macros, computeCapability());
    check(driver().moduleLoadData(&module, made.data()), "cuModuleLoadData", source);
    if (!path.empty()) keepOnDisk(path, made);
  }
  all.modules.emplace(key, module);
  return module;
}

}  // namespace

Kernel::Kernel(const char* source, const char* name, c10::ScalarType type, const std::string& constants)
    : function_(nullptr), name_(name) {
  ensureContext();
  Cache& all = cache();
  std::string key = std::to_string(c10::cuda::current_device());
  key.append(" ").append(source).append(" ").append(name).append(" ").append(typeMacro(type)).append(" ");
  key += constants;
  std::lock_guard<std::mutex> lock(all.mutex);
  if (const auto found = all.functions.find(key); found != all.functions.end()) {
    function_ = found->second;
    return;
  }
  std::vector<std::string> macros{typeMacro(type)};
  for (size_t at = 0; at < constants.size();) {
    const size_t end = std::min(constants.find(' ', at), constants.size());
    if (end > at) macros.push_back(constants.substr(at, end - at));
    at = end + 1;
  }
  CUfunction function = nullptr;
  check(driver().moduleGetFunction(&function, moduleOf(all, source, macros), name), "cuModuleGetFunction", name);
  all.functions.emplace(key, function);
  function_ = function;
}

void Kernel::launch(const Launch& how, void** arguments) const {
  if (how.blocks == 0 || how.blocksY == 0) return;
  const auto function = static_cast<CUfunction>(function_);
  constexpr uint32_t kShared = 48 << 10;  // larger sizes must be requested
  if (how.sharedBytes > kShared)
    check(driver().funcSetAttribute(function, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES,
                                    static_cast<int>(how.sharedBytes)),
          "cuFuncSetAttribute", name_);
  check(driver().launchKernel(function, how.blocks, how.blocksY, 1, how.threads, 1, 1, how.sharedBytes,
                              c10::cuda::getCurrentCUDAStream().stream(), arguments, nullptr),
        "cuLaunchKernel", name_);
}

}  // namespace trainer::cuda
