#include "number.cuh"

// The end of a residual branch and the norm that follows: LayerNorm (Ba et al. 2016), or with RMS=1 RMSNorm (Zhang and
// Sennrich 2019), over rows of WIDTH. The residual stream is float32; branch, norm and the branch's gradient are T.

constexpr int VEC = WIDTH % 8 == 0 ? 8 : WIDTH % 4 == 0 ? 4 : WIDTH % 2 == 0 ? 2 : 1;
constexpr int LANES = WIDTH <= 1024 ? 32 : WIDTH <= 8192 ? 256 : 1024;  // threads of a row
constexpr int PIECES = (WIDTH + LANES * VEC - 1) / (LANES * VEC);       // vectors of a thread
constexpr int THREADS = LANES == 32 ? 128 : LANES;
constexpr int ROWS = THREADS / LANES;  // rows that a block works on at a time

__device__ inline float rowSum(float x) { return LANES == 32 ? warpSum(x) : blockSum(x); }

__device__ inline int columnOf(int piece) { return (piece * LANES + threadIdx.x % LANES) * VEC; }

/** sum = x + dropout(branch), normed = norm(sum). Without a branch x is the sum, and none is written. */
extern "C" __global__ void __launch_bounds__(THREADS)
    forward(const float* x, const T* branch, const float* weight, const float* bias, float* sum, T* normed,
            float* mean, float* rstd, int64_t rows, float eps, float dropout, GeneratorState generator) {
  const int64_t row = int64_t(blockIdx.x) * ROWS + threadIdx.x / LANES;
  if (row >= rows) return;
  float v[PIECES][VEC];
  float total = 0;
  const uint32_t threshold = dropThreshold(dropout);
  const float keepScale = 1.0f / (1.0f - dropout);
  const uint64_t seed = threshold == 0 ? 0 : seedOf(generator);
  const RowKey key = rowKey(seed, row);
#pragma unroll
  for (int p = 0; p < PIECES; ++p) {
    const int column = columnOf(p);
    if (column >= WIDTH) continue;
    load<VEC>(x + row * WIDTH + column, v[p]);
    if (branch != nullptr) {
      float b[VEC];
      load<VEC>(branch + row * WIDTH + column, b);
#pragma unroll
      for (int i = 0; i < VEC; ++i)
        v[p][i] += threshold == 0 ? b[i] : randomBits(key, column + i) >= threshold ? b[i] * keepScale : 0.0f;
      store<VEC>(sum + row * WIDTH + column, v[p]);
    }
#pragma unroll
    for (int i = 0; i < VEC; ++i) total += v[p][i];
  }
  const float m = RMS ? 0.0f : rowSum(total) / WIDTH;
  float squares = 0;
#pragma unroll
  for (int p = 0; p < PIECES; ++p) {
    if (columnOf(p) >= WIDTH) continue;
#pragma unroll
    for (int i = 0; i < VEC; ++i) squares += (v[p][i] - m) * (v[p][i] - m);
  }
  const float r = 1.0f / sqrtf(rowSum(squares) / WIDTH + eps);
#pragma unroll
  for (int p = 0; p < PIECES; ++p) {
    const int column = columnOf(p);
    if (column >= WIDTH) continue;
    float w[VEC], b[VEC], y[VEC];
    load<VEC>(weight + column, w);
    if (!RMS) load<VEC>(bias + column, b);
#pragma unroll
    for (int i = 0; i < VEC; ++i) y[i] = (v[p][i] - m) * r * w[i] + (RMS ? 0.0f : b[i]);
    store<VEC>(normed + row * WIDTH + column, y);
  }
  if (threadIdx.x % LANES == 0) {
    if (!RMS) mean[row] = m;
    rstd[row] = r;
  }
}

/**
 * dx of the sum (float32) and dBranch (T, null: as dx); what each block adds to the gradients of weight and bias goes to
 * its row of `partial`: WIDTH numbers, or twice as many with a bias.
 */
extern "C" __global__ void __launch_bounds__(THREADS, LANES == 32 ? 4 : 1)
    backward(const float* sum, const float* weight, const float* mean, const float* rstd, const float* dSum,
             const T* dNormed, float* dx, T* dBranch, float* partial, int64_t rows, float dropout, GeneratorState generator) {
  float dWeight[PIECES][VEC] = {}, dBias[PIECES][VEC] = {};
  const uint32_t threshold = dropThreshold(dropout);
  const float keepScale = 1.0f / (1.0f - dropout);
  const uint64_t seed = threshold == 0 ? 0 : seedOf(generator);
  for (int64_t first = int64_t(blockIdx.x) * ROWS; first < rows; first += int64_t(gridDim.x) * ROWS) {
    const int64_t row = first + threadIdx.x / LANES;
    if (row >= rows) break;  // whole warps, and of rows by blocks there is one
    const float m = RMS ? 0.0f : mean[row], r = rstd[row];
    float hat[PIECES][VEC], g[PIECES][VEC];
    float total = 0, dot = 0;
#pragma unroll
    for (int p = 0; p < PIECES; ++p) {
      const int column = columnOf(p);
      if (column >= WIDTH) continue;
      float w[VEC];
      load<VEC>(sum + row * WIDTH + column, hat[p]);
      load<VEC>(dNormed + row * WIDTH + column, g[p]);
      load<VEC>(weight + column, w);
#pragma unroll
      for (int i = 0; i < VEC; ++i) {
        hat[p][i] = (hat[p][i] - m) * r;
        dWeight[p][i] += g[p][i] * hat[p][i];
        if (!RMS) dBias[p][i] += g[p][i];
        g[p][i] *= w[i];
        total += g[p][i];
        dot += g[p][i] * hat[p][i];
      }
    }
    const float meanGrad = RMS ? 0.0f : rowSum(total) / WIDTH;
    const float meanDot = rowSum(dot) / WIDTH;
    const RowKey key = rowKey(seed, row);
#pragma unroll
    for (int p = 0; p < PIECES; ++p) {
      const int column = columnOf(p);
      if (column >= WIDTH) continue;
      float d[VEC] = {};
      if (dSum != nullptr) load<VEC>(dSum + row * WIDTH + column, d);
#pragma unroll
      for (int i = 0; i < VEC; ++i) d[i] += r * (g[p][i] - meanGrad - hat[p][i] * meanDot);
      store<VEC>(dx + row * WIDTH + column, d);
      if (dBranch == nullptr) continue;
      if (threshold != 0) {
#pragma unroll
        for (int i = 0; i < VEC; ++i) d[i] = randomBits(key, column + i) >= threshold ? d[i] * keepScale : 0.0f;
      }
      store<VEC>(dBranch + row * WIDTH + column, d);
    }
  }
  // The rows of a block that were worked on side by side are added in order, so that every run gives the same bits.
  constexpr int SUMS = RMS ? WIDTH : 2 * WIDTH;
  float* own = partial + int64_t(blockIdx.x) * SUMS;
  __shared__ float shared[ROWS > 1 ? SUMS : 1];
  for (int slot = 0; slot < ROWS; ++slot) {
    if (threadIdx.x / LANES == slot) {
#pragma unroll
      for (int p = 0; p < PIECES; ++p) {
        const int column = columnOf(p);
        if (column >= WIDTH) continue;
#pragma unroll
        for (int i = 0; i < VEC; ++i) {
          const int at = column + i;
          const float before = slot == 0 ? 0.0f : shared[ROWS > 1 ? at : 0];
          const float beforeBias = RMS || slot == 0 ? 0.0f : shared[ROWS > 1 ? WIDTH + at : 0];
          if (slot == ROWS - 1) {
            own[at] = before + dWeight[p][i];
            if (!RMS) own[WIDTH + at] = beforeBias + dBias[p][i];
          } else {
            shared[at] = before + dWeight[p][i];
            if (!RMS) shared[WIDTH + at] = beforeBias + dBias[p][i];
          }
        }
      }
    }
    __syncthreads();
  }
}
