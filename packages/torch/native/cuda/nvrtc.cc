#include "nvrtc.h"

#include <c10/util/Exception.h>
#include <dlfcn.h>

#include "sources.h"
#include "symbol.h"

namespace trainer::cuda {

namespace {

/** NVRTC's C interface, as its documentation gives it; the header comes with a toolkit only. */
using Program = struct ProgramOfNvrtc*;
struct Nvrtc {
  int (*version)(int*, int*);
  int (*create)(Program*, const char*, const char*, int, const char* const*, const char* const*);
  int (*compile)(Program, int, const char* const*);
  int (*logSize)(Program, size_t*);
  int (*log)(Program, char*);
  int (*codeSize)(Program, size_t*);
  int (*code)(Program, char*);
  int (*destroy)(Program*);
};

/** NVRTC looks for a second library by its bare name, which is found nowhere unless it is loaded already. */
void loadBuiltins(void* library, const std::string& folder) {
  int major = 0, minor = 0;
  decltype(Nvrtc::version) version = nullptr;
  findSymbol(library, "libnvrtc", "nvrtcVersion", version);
  version(&major, &minor);
  const std::string name = "libnvrtc-builtins.so." + std::to_string(major) + "." + std::to_string(minor);
  dlopen((folder + name).c_str(), RTLD_NOW | RTLD_GLOBAL);
}

/** NVIDIA's wheels keep it in nvidia/cu13/lib beside torch/lib; an installed toolkit is on the loader's own path. */
void* open() {
  Dl_info info;
  std::string beside;
  void* torch = dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_NOLOAD);
  void* known = torch ? dlsym(torch, "_ZN3c104cuda20getCurrentCUDAStreamEa") : nullptr;
  if (known && dladdr(known, &info) && info.dli_fname) {
    const std::string path = info.dli_fname;  // .../torch/lib/libc10_cuda.so
    beside = path.substr(0, path.find_last_of('/') + 1) + "../../nvidia/cu13/lib/";
  }
  for (const std::string& folder : {beside, std::string()}) {
    for (const char* name : {"libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so"}) {
      void* library = dlopen((folder + name).c_str(), RTLD_NOW);
      if (library == nullptr) continue;
      loadBuiltins(library, folder);
      return library;
    }
  }
  TORCH_CHECK(false, "NVIDIA's run-time compiler (libnvrtc) was found neither in ", beside,
              " nor on the loader's path");
}

const Nvrtc& nvrtc() {
  static const Nvrtc found = [] {
    void* library = open();
    Nvrtc n{};
    findSymbol(library, "libnvrtc", "nvrtcVersion", n.version);
    findSymbol(library, "libnvrtc", "nvrtcCreateProgram", n.create);
    findSymbol(library, "libnvrtc", "nvrtcCompileProgram", n.compile);
    findSymbol(library, "libnvrtc", "nvrtcGetProgramLogSize", n.logSize);
    findSymbol(library, "libnvrtc", "nvrtcGetProgramLog", n.log);
    findSymbol(library, "libnvrtc", "nvrtcGetCUBINSize", n.codeSize);
    findSymbol(library, "libnvrtc", "nvrtcGetCUBIN", n.code);
    findSymbol(library, "libnvrtc", "nvrtcDestroyProgram", n.destroy);
    return n;
  }();
  return found;
}

}  // namespace

std::string nvrtcVersion() {
  int major = 0, minor = 0;
  nvrtc().version(&major, &minor);
  return std::to_string(major) + "." + std::to_string(minor);
}

std::string compile(const std::string& source, const std::vector<std::string>& macros, int capability) {
  const std::string header = textOf("number.cuh"), text = textOf(source + ".cu"), name = source + ".cu";
  const char* headers[] = {header.c_str()};
  const char* names[] = {"number.cuh"};
  std::vector<std::string> options{"--gpu-architecture=sm_" + std::to_string(capability), "--std=c++17",
                                   "--extra-device-vectorization", "-default-device"};
  for (const std::string& macro : macros) options.push_back("-D" + macro);
  std::vector<const char*> list;
  for (const std::string& option : options) list.push_back(option.c_str());
  Program program = nullptr;
  TORCH_CHECK(nvrtc().create(&program, text.c_str(), name.c_str(), 1, headers, names) == 0,
              "nvrtcCreateProgram failed for ", name);
  const int failed = nvrtc().compile(program, static_cast<int>(list.size()), list.data());
  std::string log, code;
  size_t bytes = 0;
  if (failed != 0 && nvrtc().logSize(program, &bytes) == 0) {
    log.resize(bytes);
    nvrtc().log(program, log.data());
  }
  if (failed == 0 && nvrtc().codeSize(program, &bytes) == 0) {
    code.resize(bytes);
    nvrtc().code(program, code.data());
  }
  nvrtc().destroy(&program);
  TORCH_CHECK(!code.empty(), "the CUDA kernels of ", name, " could not be compiled for sm_", capability, ":\n", log);
  return code;
}

}  // namespace trainer::cuda
