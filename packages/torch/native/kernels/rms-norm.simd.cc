#include <cmath>

#include "simd.h"

namespace trainer::CPU_CAPABILITY {

void addRmsNormForward(const AddRmsNormForward& a, int64_t begin, int64_t end) {
  const auto [x, branch, weight, h, normed, rms, width, eps] = a;
  for (int64_t row = begin; row < end; ++row) {
    const float* xr = x + row * width;
    const float* hr = xr;
    float squares = 0;
    if (branch == nullptr) {
#pragma omp simd reduction(+ : squares)
      for (int64_t j = 0; j < width; ++j) squares += xr[j] * xr[j];
    } else {
      const float* br = branch + row * width;
      float* sum = h + row * width;
#pragma omp simd reduction(+ : squares)
      for (int64_t j = 0; j < width; ++j) {
        const float v = xr[j] + br[j];
        sum[j] = v;
        squares += v * v;
      }
      hr = sum;
    }
    const float r = 1.0f / std::sqrt(squares / static_cast<float>(width) + eps);
    float* nr = normed + row * width;
#pragma omp simd
    for (int64_t j = 0; j < width; ++j) nr[j] = hr[j] * r * weight[j];
    rms[row] = r;
  }
}

void addRmsNormBackward(const AddRmsNormBackward& a, float* dWeight, int64_t begin, int64_t end) {
  const auto [h, weight, rms, dSum, dNormed, dH, width] = a;
  for (int64_t row = begin; row < end; ++row) {
    const float* hr = h + row * width;
    const float* nr = dNormed + row * width;
    const float r = rms[row];
    float dot = 0;
#pragma omp simd reduction(+ : dot)
    for (int64_t j = 0; j < width; ++j) {
      const float d = nr[j] * hr[j] * r;
      dWeight[j] += d;
      dot += d * weight[j];
    }
    const float along = r * dot / static_cast<float>(width);  // the gradient that only stretches the row has no effect
    float* out = dH + row * width;
    if (dSum == nullptr) {
#pragma omp simd
      for (int64_t j = 0; j < width; ++j) out[j] = r * (nr[j] * weight[j] - hr[j] * along);
    } else {
      const float* sr = dSum + row * width;
#pragma omp simd
      for (int64_t j = 0; j < width; ++j) out[j] = sr[j] + r * (nr[j] * weight[j] - hr[j] * along);
    }
  }
}

}  // namespace trainer::CPU_CAPABILITY
