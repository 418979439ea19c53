#include "number.cuh"

// One AdamW step (Loshchilov and Hutter 2019) as PyTorch defines it, for all parameters at once, and the norm of all
// gradients before it. A block has one stretch of one tensor.

constexpr int THREADS = 256;
constexpr int STRETCH = 16384;
constexpr int VEC = 4;

struct Row {
  float* param;
  const float* grad;
  float* expAvg;
  float* expAvgSq;
  T* copy;            // the parameter in the type that is computed in, or null
  const float* step;  // counts from 1
  int64_t count;
  int64_t firstBlock;
};

/** As many as a kernel's parameters hold: no upload, and a recorded graph keeps them. */
struct Rows {
  Row row[60];
  int64_t count;
};

/** The tensor that a block belongs to: the last whose first block is not behind it. */
__device__ inline const Row& rowOf(const Rows& rows) {
  int low = 0, high = int(rows.count) - 1;
  while (low < high) {
    const int middle = (low + high + 1) / 2;
    if (rows.row[middle].firstBlock <= int64_t(blockIdx.x))
      low = middle;
    else
      high = middle - 1;
  }
  return rows.row[low];
}

__device__ inline bool alignedFor(const void* p, int bytes) { return reinterpret_cast<uint64_t>(p) % bytes == 0; }

extern "C" __global__ void __launch_bounds__(THREADS)
    squares(const __grid_constant__ Rows rows, float* partial) {
  const Row& row = rowOf(rows);
  const int64_t begin = (int64_t(blockIdx.x) - row.firstBlock) * STRETCH, end = min(row.count, begin + STRETCH);
  float sum = 0;
  if (alignedFor(row.grad, 16)) {
    for (int64_t at = begin + threadIdx.x * VEC; at + VEC <= end; at += THREADS * VEC) {
      float g[VEC];
      load<VEC>(row.grad + at, g);
#pragma unroll
      for (int i = 0; i < VEC; ++i) sum += g[i] * g[i];
    }
    const int64_t rest = begin + (end - begin) / VEC * VEC + threadIdx.x;
    if (rest < end) sum += row.grad[rest] * row.grad[rest];
  } else {
    for (int64_t at = begin + threadIdx.x; at < end; at += THREADS) sum += row.grad[at] * row.grad[at];
  }
  sum = blockSum(sum);
  if (threadIdx.x == 0) partial[blockIdx.x] = sum;
}

/** One block of 1,024 threads. */
extern "C" __global__ void __launch_bounds__(1024) rootOfSum(const float* partial, int32_t count, float* norm) {
  __shared__ double parts[1024];
  double sum = 0;
  for (int i = threadIdx.x; i < count; i += 1024) sum += partial[i];
  parts[threadIdx.x] = sum;
  for (int half = 512; half > 0; half /= 2) {
    __syncthreads();
    if (threadIdx.x < half) parts[threadIdx.x] += parts[threadIdx.x + half];
  }
  if (threadIdx.x == 0) *norm = float(sqrt(parts[0]));
}

struct Scalars {
  double beta1, beta2;
  float eps, weightDecay;
};

/** Gradients are multiplied by *gradScale; where *foundInf is not 0 nothing is changed. Either may be null. */
extern "C" __global__ void __launch_bounds__(THREADS)
    adamw(const __grid_constant__ Rows rows, Scalars s, const float* lr, const float* gradScale,
          const float* foundInf) {
  if (foundInf != nullptr && *foundInf != 0.0f) return;
  const Row& row = rowOf(rows);
  const float step = *row.step, scale = gradScale == nullptr ? 1.0f : *gradScale;
  const float decay = 1.0f - *lr * s.weightDecay;
  // The corrections of the first steps are differences from 1: float32 would lose them.
  const float stepSize = float(*lr / (1.0 - pow(s.beta1, double(step))));
  const float rootCorrection = float(sqrt(1.0 - pow(s.beta2, double(step))));
  const float beta2 = float(s.beta2), rest1 = float(1.0 - s.beta1), rest2 = float(1.0 - s.beta2);
  const int64_t begin = (int64_t(blockIdx.x) - row.firstBlock) * STRETCH, end = min(row.count, begin + STRETCH);
  const auto update = [&](float& p, float g, float& m, float& v) {
    g *= scale;
    m += rest1 * (g - m);
    v = beta2 * v + rest2 * g * g;
    p = p * decay - stepSize * m / (sqrtf(v) / rootCorrection + s.eps);
  };
  const bool vectors = alignedFor(row.param, 16) && alignedFor(row.grad, 16) && alignedFor(row.expAvg, 16) &&
                       alignedFor(row.expAvgSq, 16) && alignedFor(row.copy, sizeof(T) * VEC);
  const int64_t whole = vectors ? begin + (end - begin) / VEC * VEC : begin;
#pragma unroll 2
  for (int64_t at = begin + threadIdx.x * VEC; at < whole; at += THREADS * VEC) {
    float p[VEC], g[VEC], m[VEC], v[VEC];
    load<VEC>(row.param + at, p);
    load<VEC>(row.grad + at, g);
    load<VEC>(row.expAvg + at, m);
    load<VEC>(row.expAvgSq + at, v);
#pragma unroll
    for (int i = 0; i < VEC; ++i) update(p[i], g[i], m[i], v[i]);
    store<VEC>(row.param + at, p);
    store<VEC>(row.expAvg + at, m);
    store<VEC>(row.expAvgSq + at, v);
    if (row.copy != nullptr) store<VEC>(row.copy + at, p);
  }
  for (int64_t at = whole + threadIdx.x; at < end; at += THREADS) {
    update(row.param[at], row.grad[at], row.expAvg[at], row.expAvgSq[at]);
    if (row.copy != nullptr) row.copy[at] = From<T>::of(row.param[at]);
  }
}
