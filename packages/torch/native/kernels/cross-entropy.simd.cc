#include <cmath>

#include "simd.h"
#include "softmax.h"

namespace trainer::CPU_CAPABILITY {

float crossEntropyRow(float* logits, int64_t classes, int64_t target, float gradScale, float zLoss) {
  const float targetLogit = logits[target];
  float highest, sum, logSumExp;
  if (gradScale == 0) {
    highest = highestOf(logits, classes);
    sum = sumByBlocks(classes, [logits, highest](int64_t j) { return expApprox(logits[j] - highest); });
    logSumExp = std::log(sum) + highest;
  } else {
    sum = exponentials(logits, classes, 1, highest);
    logSumExp = std::log(sum) + highest;
    const float scale = gradScale / sum * (1.0f + 2.0f * zLoss * logSumExp);
#pragma omp simd
    for (int64_t j = 0; j < classes; ++j) logits[j] *= scale;
    logits[target] -= gradScale;
  }
  const float loss = logSumExp - targetLogit;
  return zLoss == 0 ? loss : loss + zLoss * logSumExp * logSumExp;
}

void softcapRow(float* x, float* slopes, int64_t count, float cap) {
  const float inverse = 1.0f / cap;
  if (slopes == nullptr) {
#pragma omp simd
    for (int64_t j = 0; j < count; ++j) x[j] = cap * tanhApprox(x[j] * inverse);
    return;
  }
#pragma omp simd
  for (int64_t j = 0; j < count; ++j) {
    const float t = tanhApprox(x[j] * inverse);
    x[j] = cap * t;
    slopes[j] = 1.0f - t * t;
  }
}

void multiplyRow(float* x, const float* factors, int64_t count) {
#pragma omp simd
  for (int64_t j = 0; j < count; ++j) x[j] *= factors[j];
}

}  // namespace trainer::CPU_CAPABILITY
