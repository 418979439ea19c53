#pragma once
#include <cstdint>

#include "vector-math.h"

namespace trainer {

/** x[j] becomes e^((x[j] - max x) scale); returns their sum, and the largest x was `highest`. */
static inline float exponentials(float* x, int64_t count, float scale, float& highest) {
  float most = x[0];
#pragma omp simd reduction(max : most)
  for (int64_t j = 0; j < count; ++j) most = x[j] > most ? x[j] : most;
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t j = 0; j < count; ++j) {
    const float e = expApprox((x[j] - most) * scale);
    x[j] = e;
    sum += e;
  }
  highest = most;
  return sum;
}

}  // namespace trainer
