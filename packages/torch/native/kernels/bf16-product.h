#pragma once
#include <ATen/core/Tensor.h>

namespace trainer {

/**
 * Products of float32 matrices in bfloat16: their elements are rounded to it (to nearest, ties to even), products
 * are summed in float32, and results are float32.
 */
enum class Bf16Products {
  kOff,
  kTiles,  // our own kernel; fast where the processor has AVX512_BF16 that is
  kMkl,    // MKL's, which uses AMX where there is AMX
};

/** The fastest one on this processor, found by measuring where it may be either; kOff where none beats float32. */
Bf16Products fastestBf16();

/** The kind of this thread; kOff at first. */
Bf16Products& bf16Products();

/** out = a b, or out += a b, in bfloat16; a (n, k), b (k, m) and out (n, m) have rows or columns of adjacent elements.
 */
void bf16ProductInto(const at::Tensor& out, const at::Tensor& a, const at::Tensor& b, bool accumulate);

}  // namespace trainer
