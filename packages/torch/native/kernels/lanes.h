#pragma once
#include "small-gemm.h"

namespace trainer::CPU_CAPABILITY {

static inline Lanes load(const float* p) { return *reinterpret_cast<const Lanes*>(p); }

/** The sum of all lanes, halves first. */
static inline float total(Lanes sum) {
  float part[kLanes];
  *reinterpret_cast<Lanes*>(part) = sum;
#pragma GCC unroll 4
  for (int width = kLanes / 2; width > 0; width /= 2)
    for (int i = 0; i < width; ++i) part[i] += part[i + width];
  return part[0];
}

}  // namespace trainer::CPU_CAPABILITY
