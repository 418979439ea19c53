#include <cmath>

#include "simd.h"
#include "softmax.h"

namespace trainer::CPU_CAPABILITY {

float crossEntropyRow(float* logits, int64_t classes, int64_t target, float gradScale) {
  const float targetLogit = logits[target];
  float highest, sum;
  if (gradScale == 0) {
    highest = highestOf(logits, classes);
    sum = sumByBlocks(classes, [logits, highest](int64_t j) { return expApprox(logits[j] - highest); });
  } else {
    sum = exponentials(logits, classes, 1, highest);
    const float scale = gradScale / sum;
#pragma omp simd
    for (int64_t j = 0; j < classes; ++j) logits[j] *= scale;
    logits[target] -= gradScale;
  }
  return std::log(sum) + highest - targetLogit;
}

}  // namespace trainer::CPU_CAPABILITY
