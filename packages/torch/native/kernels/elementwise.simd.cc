#include <cmath>

#include "random.h"
#include "simd.h"
#include "vector-math.h"

namespace trainer::CPU_CAPABILITY {

namespace {
constexpr float kRootTwoOverPi = 0.7978845608028654f;
constexpr float kCubic = 0.044715f;
}  // namespace

/** GELU by its tanh form (Hendrycks and Gimpel 2016), as GPT-2 has it. */
void biasGeluForward(float* x, const float* bias, float* y, int64_t begin, int64_t end, int64_t width) {
  for (int64_t row = begin; row < end; ++row) {
    float* xr = x + row * width;
    float* yr = y + row * width;
#pragma omp simd
    for (int64_t j = 0; j < width; ++j) {
      const float v = xr[j] + bias[j];
      xr[j] = v;
      yr[j] = 0.5f * v * (1.0f + tanhApprox(kRootTwoOverPi * (v + kCubic * v * v * v)));
    }
  }
}

void biasGeluBackward(const float* x, float* y, float* dy, float* dBias, int64_t begin, int64_t end, int64_t width) {
  for (int64_t row = begin; row < end; ++row) {
    const float* xr = x + row * width;
    float* yr = y + row * width;
    float* dr = dy + row * width;
#pragma omp simd
    for (int64_t j = 0; j < width; ++j) {
      const float v = xr[j];
      const float t = tanhApprox(kRootTwoOverPi * (v + kCubic * v * v * v));
      const float half = 0.5f * (1.0f + t);
      const float slope = kRootTwoOverPi * (1.0f + 3.0f * kCubic * v * v);
      const float d = dr[j] * (half + 0.5f * v * (1.0f - t * t) * slope);
      yr[j] = v * half;
      dr[j] = d;
      dBias[j] += d;
    }
  }
}

void swigluForward(const float* inner, float* y, int64_t begin, int64_t end, int64_t width) {
  for (int64_t row = begin; row < end; ++row) {
    const float* gate = inner + 2 * row * width;
    const float* up = gate + width;
    float* yr = y + row * width;
#pragma omp simd
    for (int64_t j = 0; j < width; ++j) yr[j] = gate[j] / (1.0f + expApprox(-gate[j])) * up[j];
  }
}

void swigluBackward(const float* inner, const float* dy, float* y, float* dInner, int64_t begin, int64_t end,
                    int64_t width) {
  for (int64_t row = begin; row < end; ++row) {
    const float *gate = inner + 2 * row * width, *up = gate + width, *dr = dy + row * width;
    float *yr = y + row * width, *dGate = dInner + 2 * row * width, *dUp = dGate + width;
#pragma omp simd
    for (int64_t j = 0; j < width; ++j) {
      const float sigmoid = 1.0f / (1.0f + expApprox(-gate[j]));
      const float silu = gate[j] * sigmoid;
      yr[j] = silu * up[j];
      dUp[j] = dr[j] * silu;
      dGate[j] = dr[j] * up[j] * (sigmoid + silu * (1.0f - sigmoid));
    }
  }
}

void dropoutRow(const float* x, float* y, int64_t row, int64_t width, float dropout, uint64_t seed) {
  const uint32_t threshold = dropThreshold(dropout);
  const float keepScale = 1.0f / (1.0f - dropout);
  const RowKey key = rowKey(seed, row);
#pragma omp simd
  for (int64_t j = 0; j < width; ++j)
    y[j] = randomBits(key, static_cast<uint32_t>(j)) >= threshold ? x[j] * keepScale : 0.0f;
}

void columnSum(const float* x, float* sum, int64_t begin, int64_t end, int64_t width) {
  for (int64_t row = begin; row < end; ++row) {
    const float* xr = x + row * width;
#pragma omp simd
    for (int64_t j = 0; j < width; ++j) sum[j] += xr[j];
  }
}

void adamw(float* param, const float* grad, float* expAvg, float* expAvgSq, int64_t count, const AdamWScalars& s) {
  const AdamWScalars k = s;
  const float invRoot = 1.0f / k.rootCorrection;
#pragma omp simd
  for (int64_t i = 0; i < count; ++i) {
    const float g = grad[i] * k.gradScale;
    const float m = expAvg[i] + (g - expAvg[i]) * k.oneMinusBeta1;
    const float v = expAvgSq[i] * k.beta2 + g * g * k.oneMinusBeta2;
    expAvg[i] = m;
    expAvgSq[i] = v;
    param[i] = param[i] * k.decay - k.stepSize * (m / (std::sqrt(v) * invRoot + k.eps));
  }
}

void scheduleFreeAdamw(float* y, const float* grad, float* z, float* expAvgSq, int64_t count,
                       const ScheduleFreeScalars& s) {
  const ScheduleFreeScalars k = s;
#pragma omp simd
  for (int64_t i = 0; i < count; ++i) {
    const float g = grad[i] * k.gradScale;
    const float v = expAvgSq[i] * k.beta2 + g * g * k.oneMinusBeta2;
    const float direction = g / (std::sqrt(v) * k.invRootCorrection + k.eps) + k.weightDecay * y[i];
    expAvgSq[i] = v;
    y[i] += (z[i] - y[i]) * k.weight + k.yRate * direction;
    z[i] -= k.lr * direction;
  }
}

/** Sums in double over short runs of float, so that the norm of millions of values keeps its digits. */
double sumOfSquares(const float* x, int64_t count) {
  constexpr int64_t kRun = 1024;
  double total = 0;
  for (int64_t start = 0; start < count; start += kRun) {
    const int64_t n = count - start < kRun ? count - start : kRun;
    const float* run = x + start;
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t i = 0; i < n; ++i) sum += run[i] * run[i];
    total += sum;
  }
  return total;
}

}  // namespace trainer::CPU_CAPABILITY
