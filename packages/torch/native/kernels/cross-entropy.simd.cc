#include <cmath>

#include "simd.h"
#include "vector-math.h"

namespace trainer::CPU_CAPABILITY {

float crossEntropyRow(float* logits, int64_t classes, int64_t target, float gradScale) {
  float highest = logits[0];
#pragma omp simd reduction(max : highest)
  for (int64_t j = 0; j < classes; ++j) highest = logits[j] > highest ? logits[j] : highest;
  const float targetLogit = logits[target];
  float sum = 0;
  if (gradScale == 0) {
#pragma omp simd reduction(+ : sum)
    for (int64_t j = 0; j < classes; ++j) sum += expApprox(logits[j] - highest);
  } else {
#pragma omp simd reduction(+ : sum)
    for (int64_t j = 0; j < classes; ++j) {
      const float e = expApprox(logits[j] - highest);
      logits[j] = e;
      sum += e;
    }
    const float scale = gradScale / sum;
#pragma omp simd
    for (int64_t j = 0; j < classes; ++j) logits[j] *= scale;
    logits[target] -= gradScale;
  }
  return std::log(sum) + highest - targetLogit;
}

}  // namespace trainer::CPU_CAPABILITY
