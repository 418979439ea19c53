#include "simd.h"

namespace trainer::CPU_CAPABILITY {

const Kernels table = {
#define KERNEL(name, ...) .name = name,
#include "kernels.inc"
};

}  // namespace trainer::CPU_CAPABILITY
