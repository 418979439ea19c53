#pragma once
#include <ATen/core/Tensor.h>

namespace trainer {

/** Up to so many rows of a matrix in memory, each row of its product is the same whatever the others are. */
constexpr int64_t kIndependentRows = 64;

/** a (n, k) times b (k, m), any strides -> (n, m), by the faster of oneDNN and MKL for this layout. */
at::Tensor product(const at::Tensor& a, const at::Tensor& b);

/** out = a b, or out += a b. */
void productInto(const at::Tensor& out, const at::Tensor& a, const at::Tensor& b, bool accumulate);

}  // namespace trainer
