#pragma once
#include <ATen/core/Tensor.h>

namespace trainer {

/** The sum of every column of a contiguous (N, C), the same for every number of threads. */
at::Tensor columnSum(const at::Tensor& x);

}  // namespace trainer
