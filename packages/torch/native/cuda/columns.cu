#include "number.cuh"

// Sums over rows, as biases and the weights of norms need them: in a fixed order, so that every run gives the same bits.

constexpr int GROUPS = 32;

/** (rows, width) -> (width): a block has 32 columns, and 32 groups of threads for its rows. */
extern "C" __global__ void __launch_bounds__(1024) sumRows(const float* x, float* sum, int32_t rows, int32_t width) {
  __shared__ float part[GROUPS][33];
  const int lane = threadIdx.x % 32, group = threadIdx.x / 32, column = blockIdx.x * 32 + lane;
  float total = 0;
  if (column < width) {
#pragma unroll 4
    for (int row = group; row < rows; row += GROUPS) total += x[int64_t(row) * width + column];
  }
  part[group][lane] = total;
  __syncthreads();
  total = warpSum(part[lane][group]);  // the sum of column `group`
  if (lane == 0 && blockIdx.x * 32 + group < width) sum[blockIdx.x * 32 + group] = total;
}

#ifdef WIDTH
constexpr int VEC = WIDTH % 8 == 0 ? 8 : WIDTH % 4 == 0 ? 4 : WIDTH % 2 == 0 ? 2 : 1;

/** Partial sums of columns over the rows of block y, into its row of `partial`: (rows, WIDTH), `stride` apart. */
extern "C" __global__ void __launch_bounds__(128)
    partialSums(const T* x, float* partial, int64_t rows, int64_t stride, int32_t rowsOfBlock) {
  const int column = (blockIdx.x * 128 + threadIdx.x) * VEC;
  if (column >= WIDTH) return;
  float total[VEC] = {};
  const int64_t first = int64_t(blockIdx.y) * rowsOfBlock, end = min(rows, first + rowsOfBlock);
#pragma unroll 4
  for (int64_t row = first; row < end; ++row) {
    float v[VEC];
    load<VEC>(x + row * stride + column, v);
#pragma unroll
    for (int i = 0; i < VEC; ++i) total[i] += v[i];
  }
  store<VEC>(partial + int64_t(blockIdx.y) * WIDTH + column, total);
}
#endif
