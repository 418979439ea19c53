#pragma once
#include <ATen/core/Tensor.h>

#include <algorithm>

namespace trainer {

/** The sum of every column of a contiguous (N, C), the same for every number of threads. */
at::Tensor columnSum(const at::Tensor& x);

/** Rows of a wide layer of float32 at a time: they stay in the second-level cache between one product and the next. */
inline int64_t chunkRows(int64_t rows, int64_t wide) {
  constexpr int64_t kBytes = 2 << 20;
  return std::min(rows, std::max<int64_t>(256, kBytes / (4 * wide)));
}

}  // namespace trainer
