#pragma once
#include <ATen/core/Tensor.h>

namespace trainer::cuda {

struct ProductOptions {
  at::Tensor bias;          // (m) of a's type, added to each row
  bool accumulate = false;  // out += a b
};

/**
 * out = a b (+ bias), row by row: (n, k) (k, m) -> (n, m). a and b are of one type, float32, bfloat16 or float16, out
 * of theirs or float32; sums are float32 (products by TF32 where libtorch's setting allows). Each may have its rows or
 * its columns adjacent. By cuBLASLt, with the fastest of its algorithms for these shapes on this card: measured once
 * and kept on disk, so that every later process takes the same and gives the same bits.
 */
void productInto(const at::Tensor& out, const at::Tensor& a, const at::Tensor& b, const ProductOptions& options = {});

/** The same into a new tensor of a's type. */
at::Tensor product(const at::Tensor& a, const at::Tensor& b, const at::Tensor& bias = {});

}  // namespace trainer::cuda
