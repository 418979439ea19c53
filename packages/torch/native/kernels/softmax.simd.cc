#include "softmax.h"

#include "simd.h"

namespace trainer::CPU_CAPABILITY {

void softmaxRow(float* x, int64_t count, float scale) {
  float highest;
  const float each = 1.0f / exponentials(x, count, scale, highest);
#pragma omp simd
  for (int64_t j = 0; j < count; ++j) x[j] *= each;
}

}  // namespace trainer::CPU_CAPABILITY
