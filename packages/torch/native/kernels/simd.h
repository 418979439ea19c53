#pragma once
#include "table.h"

// What every *.simd.cc defines, in a namespace named after the instruction set that it is compiled for: the build sets
// CPU_CAPABILITY to DEFAULT, AVX2 or AVX512. A *.simd.cc includes nothing whose inline functions other files share,
// or the linker might keep the copy that uses instructions this processor lacks.

namespace trainer::CPU_CAPABILITY {

#define KERNEL(name, ...) std::type_identity_t<__VA_ARGS__> name;
#include "kernels.inc"

extern const Kernels table;

}  // namespace trainer::CPU_CAPABILITY
