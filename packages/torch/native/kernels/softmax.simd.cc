#include "simd.h"
#include "vector-math.h"

namespace trainer::CPU_CAPABILITY {

void softmaxRow(float* x, int64_t count, float scale) {
  float highest = x[0];
#pragma omp simd reduction(max : highest)
  for (int64_t j = 0; j < count; ++j) highest = x[j] > highest ? x[j] : highest;
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t j = 0; j < count; ++j) {
    x[j] = expApprox((x[j] - highest) * scale);
    sum += x[j];
  }
  const float each = 1.0f / sum;
#pragma omp simd
  for (int64_t j = 0; j < count; ++j) x[j] *= each;
}

}  // namespace trainer::CPU_CAPABILITY
