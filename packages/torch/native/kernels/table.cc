#include "table.h"

#include <ATen/Version.h>

#include <string>

namespace trainer {

namespace DEFAULT {
extern const Kernels table;
}
#if defined(__x86_64__)
namespace AVX2 {
extern const Kernels table;
}
namespace AVX512 {
extern const Kernels table;
}
#endif

const Kernels& kernels() {
  static const Kernels& chosen = []() -> const Kernels& {
#if defined(__x86_64__)
    const std::string capability = at::get_cpu_capability();  // libtorch's own choice; ATEN_CPU_CAPABILITY lowers it
    if (capability == "AVX512") return AVX512::table;
    if (capability == "AVX2") return AVX2::table;
#endif
    return DEFAULT::table;
  }();
  return chosen;
}

}  // namespace trainer
