#include "cuda/kernel.h"

#include <c10/util/Exception.h>
#include <dlfcn.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <mutex>
#include <sstream>

#include "cuda/sources.h"

// Kernels compiled by the C++ compiler and run on the CPU, thread by thread: see emulator.h.

namespace trainer::cuda {

namespace {

/** As in emulator.h. */
struct Geometry {
  unsigned blocks, blocksY, threads, sharedBytes;
  bool backwards;
};

using Function = const char* (*)(const Geometry&, void**);

const char* typeMacro(c10::ScalarType type) {
  return type == c10::kBFloat16 ? "T_BF16" : type == c10::kHalf ? "T_FP16" : "T_FP32";
}

Function compiled(const std::string& source, const std::string& name, const std::string& macros) {
  std::ostringstream text;
  text << "#include <array>\n";
  std::istringstream list(macros);
  for (std::string macro; list >> macro;) {
    const size_t equals = macro.find('=');
    text << "#define " << macro.substr(0, equals) << " "
         << (equals == std::string::npos ? "1" : macro.substr(equals + 1)) << "\n";
  }
  text << textOf("emulator.h") << "\n" << textOf("number.cuh") << "\n";
  std::string kernel = textOf(source + ".cu");
  const std::string include = "#include \"number.cuh\"";
  if (const size_t at = kernel.find(include); at != std::string::npos) kernel.erase(at, include.size());
  text << kernel << "\nextern \"C\" const char* emulate(const emulator::Geometry& g, void** a) {\n"
       << "  static std::string failure;\n  failure = emulator::run(g, &" << name
       << ", a);\n  return failure.c_str();\n}\n";
  const std::string folder = cacheFolder("emulated");
  TORCH_CHECK(!folder.empty(), "there is no folder to compile kernels in");
  const std::string base = folder + "/" + source + "-" + digest(text.str());
  if (access((base + ".so").c_str(), R_OK) != 0) {
    const std::string own = base + "." + std::to_string(getpid());
    std::ofstream(own + ".cc") << text.str();
    const char* compiler = std::getenv("CXX");
    const std::string command = std::string(compiler ? compiler : "c++") +
                                " -std=c++20 -O1 -fPIC -shared -w -ffp-contract=off -o '" + own + ".so' '" + own +
                                ".cc' 2> '" + own + ".log'";
    if (std::system(command.c_str()) != 0) {
      std::ifstream log(own + ".log");
      TORCH_CHECK(false, source, ".cu could not be compiled for the CPU:\n",
                  std::string(std::istreambuf_iterator<char>(log), {}));
    }
    rename((own + ".so").c_str(), (base + ".so").c_str());
    unlink((own + ".cc").c_str());
    unlink((own + ".log").c_str());
  }
  void* library = dlopen((base + ".so").c_str(), RTLD_NOW | RTLD_LOCAL);
  TORCH_CHECK(library != nullptr, "an emulated kernel could not be loaded: ", dlerror());
  return reinterpret_cast<Function>(dlsym(library, "emulate"));
}

std::mutex mutex;

}  // namespace

Kernel::Kernel(const char* source, const char* name, c10::ScalarType type, const std::string& constants)
    : function_(nullptr), name_(name) {
  static auto* known = new std::map<std::string, Function>;
  const std::string macros = std::string(typeMacro(type)) + " " + constants;
  const std::lock_guard<std::mutex> lock(mutex);
  Function& function = (*known)[std::string(source) + " " + name + " " + macros];
  if (!function) function = compiled(source, name, macros);
  function_ = reinterpret_cast<void*>(function);
}

void Kernel::launch(const Launch& how, void** arguments) const {
  static bool backwards = false;
  const std::lock_guard<std::mutex> lock(mutex);
  TORCH_CHECK(how.threads % 32 == 0 && how.threads <= 1024, name_, ": blocks of ", how.threads, " threads");
  TORCH_CHECK(how.sharedBytes <= sharedBytesOfBlock(), name_, ": ", how.sharedBytes, " bytes of shared memory");
  backwards = !backwards;
  const std::string failure = reinterpret_cast<Function>(function_)(
      {how.blocks, how.blocksY, how.threads, how.sharedBytes, backwards}, arguments);
  TORCH_CHECK(failure.empty(), name_, ": ", failure);
}

int multiprocessors() { return 3; }
bool isRecording() { return false; }
int64_t sharedBytesOfBlock() { return 227 << 10; }
std::string cardName() { return "a CPU"; }

}  // namespace trainer::cuda
