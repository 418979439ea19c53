#pragma once
#include <algorithm>
#include <cstdint>

#include "vector-math.h"

namespace trainer {

/** Sum of `term(j)` by blocks: one float over millions of terms would lose more of each, the larger it grew. */
template <typename Term>
static inline float sumByBlocks(int64_t count, Term term) {
  constexpr int64_t kBlock = 4096;
  double sum = 0;
  for (int64_t begin = 0; begin < count; begin += kBlock) {
    const int64_t end = std::min(begin + kBlock, count);
    float part = 0;
#pragma omp simd reduction(+ : part)
    for (int64_t j = begin; j < end; ++j) part += term(j);
    sum += part;
  }
  return static_cast<float>(sum);
}

/** The largest of x. */
static inline float highestOf(const float* x, int64_t count) {
  float highest = x[0];
#pragma omp simd reduction(max : highest)
  for (int64_t j = 0; j < count; ++j) highest = x[j] > highest ? x[j] : highest;
  return highest;
}

/** x[j] becomes e^((x[j] - highest) scale), where `highest` is the largest x; returns their sum. */
static inline float exponentials(float* x, int64_t count, float scale, float& highest) {
  highest = highestOf(x, count);
  return sumByBlocks(count, [x, scale, most = highest](int64_t j) { return x[j] = expApprox((x[j] - most) * scale); });
}

}  // namespace trainer
