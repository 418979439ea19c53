#include <cmath>

#include "random.h"
#include "simd.h"

namespace trainer::CPU_CAPABILITY {

void addLayerNormForward(const AddLayerNormForward& a, int64_t begin, int64_t end) {
  const auto [x, branch, weight, bias, h, normed, mean, rstd, width, eps, dropout, seed] = a;
  const uint32_t threshold = dropThreshold(dropout);
  const float keepScale = 1.0f / (1.0f - dropout);
  for (int64_t row = begin; row < end; ++row) {
    const float* xr = x + row * width;
    const float* br = branch + row * width;
    float* hr = h + row * width;
    float sum = 0;
    if (threshold == 0) {
#pragma omp simd reduction(+ : sum)
      for (int64_t j = 0; j < width; ++j) sum += hr[j] = xr[j] + br[j];
    } else {
      const RowKey key = rowKey(seed, row);
#pragma omp simd reduction(+ : sum)
      for (int64_t j = 0; j < width; ++j) {
        const float kept = randomBits(key, static_cast<uint32_t>(j)) >= threshold ? keepScale : 0.0f;
        sum += hr[j] = xr[j] + br[j] * kept;
      }
    }
    const float m = sum / static_cast<float>(width);
    float squares = 0;
#pragma omp simd reduction(+ : squares)
    for (int64_t j = 0; j < width; ++j) squares += (hr[j] - m) * (hr[j] - m);
    const float r = 1.0f / std::sqrt(squares / static_cast<float>(width) + eps);
    float* nr = normed + row * width;
#pragma omp simd
    for (int64_t j = 0; j < width; ++j) nr[j] = (hr[j] - m) * r * weight[j] + bias[j];
    mean[row] = m;
    rstd[row] = r;
  }
}

void addLayerNormBackward(const AddLayerNormBackward& a, float* dWeight, float* dBias, int64_t begin, int64_t end) {
  const auto [h, weight, mean, rstd, dSum, dNormed, dH, dBranch, width, dropout, seed] = a;
  const uint32_t threshold = dropThreshold(dropout);
  const float keepScale = 1.0f / (1.0f - dropout);
  for (int64_t row = begin; row < end; ++row) {
    const float* hr = h + row * width;
    const float* nr = dNormed + row * width;
    const float m = mean[row];
    const float r = rstd[row];
    float sum = 0;
    float dot = 0;
#pragma omp simd reduction(+ : sum, dot)
    for (int64_t j = 0; j < width; ++j) {
      const float hat = (hr[j] - m) * r;
      const float g = nr[j] * weight[j];
      dWeight[j] += nr[j] * hat;
      dBias[j] += nr[j];
      sum += g;
      dot += g * hat;
    }
    const float meanGrad = sum / static_cast<float>(width);
    const float meanDot = dot / static_cast<float>(width);
    const float* sr = dSum == nullptr ? nullptr : dSum + row * width;
    float* out = dH + row * width;
    if (sr == nullptr) {
#pragma omp simd
      for (int64_t j = 0; j < width; ++j) out[j] = r * (nr[j] * weight[j] - meanGrad - (hr[j] - m) * r * meanDot);
    } else {
#pragma omp simd
      for (int64_t j = 0; j < width; ++j)
        out[j] = sr[j] + r * (nr[j] * weight[j] - meanGrad - (hr[j] - m) * r * meanDot);
    }
    if (threshold == 0) continue;  // the branch's gradient is the sum's
    const RowKey key = rowKey(seed, row);
    float* br = dBranch + row * width;
#pragma omp simd
    for (int64_t j = 0; j < width; ++j)
      br[j] = randomBits(key, static_cast<uint32_t>(j)) >= threshold ? out[j] * keepScale : 0.0f;
  }
}

}  // namespace trainer::CPU_CAPABILITY
