#include "number.cuh"

// GELU by its tanh form (Hendrycks and Gimpel 2016), as GPT-2 has it, and SwiGLU's gate (Shazeer 2020), over rows of WIDTH.

constexpr int VEC = WIDTH % 8 == 0 ? 8 : WIDTH % 4 == 0 ? 4 : WIDTH % 2 == 0 ? 2 : 1;
constexpr float kRootTwoOverPi = 0.7978845608028654f;
constexpr float kCubic = 0.044715f;

__device__ inline float tanhOf(float x) {
#if defined(T_BF16)
  return tanhRoughly(x);
#else
  return 1.0f - 2.0f / (1.0f + __expf(2.0f * x));
#endif
}

__device__ inline float sigmoid(float x) { return __fdividef(1.0f, 1.0f + __expf(-x)); }

extern "C" __global__ void __launch_bounds__(256) geluForward(const T* x, T* y, int64_t vectors) {
  const int64_t at = int64_t(blockIdx.x) * 256 + threadIdx.x;
  if (at >= vectors) return;
  float v[VEC];
  load<VEC>(x + at * VEC, v);
#pragma unroll
  for (int i = 0; i < VEC; ++i)
    v[i] = 0.5f * v[i] * (1.0f + tanhOf(kRootTwoOverPi * (v[i] + kCubic * v[i] * v[i] * v[i])));
  store<VEC>(y + at * VEC, v);
}

/** dy becomes the gradient of x, y GELU of x once more; what block y's rows add to the bias's gradient goes to `partial`. */
extern "C" __global__ void __launch_bounds__(128)
    geluBackward(const T* x, T* dy, T* y, float* partial, int64_t rows, int32_t rowsOfBlock) {
  const int column = (blockIdx.x * 128 + threadIdx.x) * VEC;
  if (column >= WIDTH) return;
  float total[VEC] = {};
  const int64_t first = int64_t(blockIdx.y) * rowsOfBlock, end = min(rows, first + rowsOfBlock);
#pragma unroll 2
  for (int64_t row = first; row < end; ++row) {
    float v[VEC], d[VEC];
    load<VEC>(x + row * WIDTH + column, v);
    load<VEC>(dy + row * WIDTH + column, d);
#pragma unroll
    for (int i = 0; i < VEC; ++i) {
      const float t = tanhOf(kRootTwoOverPi * (v[i] + kCubic * v[i] * v[i] * v[i]));
      const float half = 0.5f * (1.0f + t);
      const float slope = kRootTwoOverPi * (1.0f + 3.0f * kCubic * v[i] * v[i]);
      d[i] *= half + 0.5f * v[i] * (1.0f - t * t) * slope;
      total[i] += d[i];
      v[i] *= half;
    }
    store<VEC>(dy + row * WIDTH + column, d);
    store<VEC>(y + row * WIDTH + column, v);
  }
  store<VEC>(partial + int64_t(blockIdx.y) * WIDTH + column, total);
}

/** Gate and up side by side, (rows, 2 WIDTH) -> silu(gate) up, (rows, WIDTH). */
extern "C" __global__ void __launch_bounds__(256) swigluForward(const T* inner, T* y, int64_t rows) {
  const int64_t at = (int64_t(blockIdx.x) * 256 + threadIdx.x) * VEC;
  const int64_t row = at / WIDTH, column = at % WIDTH;
  if (row >= rows) return;
  float gate[VEC], up[VEC];
  load<VEC>(inner + row * 2 * WIDTH + column, gate);
  load<VEC>(inner + row * 2 * WIDTH + WIDTH + column, up);
#pragma unroll
  for (int i = 0; i < VEC; ++i) gate[i] *= sigmoid(gate[i]) * up[i];
  store<VEC>(y + at, gate);
}

/** dy becomes y once more, dInner the gradient of gate and up. */
extern "C" __global__ void __launch_bounds__(256) swigluBackward(const T* inner, T* dy, T* dInner, int64_t rows) {
  const int64_t at = (int64_t(blockIdx.x) * 256 + threadIdx.x) * VEC;
  const int64_t row = at / WIDTH, column = at % WIDTH;
  if (row >= rows) return;
  float gate[VEC], up[VEC], d[VEC];
  load<VEC>(inner + row * 2 * WIDTH + column, gate);
  load<VEC>(inner + row * 2 * WIDTH + WIDTH + column, up);
  load<VEC>(dy + at, d);
#pragma unroll
  for (int i = 0; i < VEC; ++i) {
    const float s = sigmoid(gate[i]), silu = gate[i] * s;
    const float dUp = d[i] * silu, dGate = d[i] * up[i] * s * (1.0f + gate[i] * (1.0f - s));
    d[i] = silu * up[i];
    gate[i] = dGate;
    up[i] = dUp;
  }
  store<VEC>(dy + at, d);
  store<VEC>(dInner + row * 2 * WIDTH + column, gate);
  store<VEC>(dInner + row * 2 * WIDTH + WIDTH + column, up);
}
