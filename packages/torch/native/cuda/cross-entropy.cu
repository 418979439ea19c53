#include "number.cuh"

// Cross entropy of rows of logits, in place: a block a row.

constexpr int THREADS = 1024;
constexpr int VEC = 8;

struct Mass {
  float most, sum;  // the largest, and the sum of exp(x - most)
};

__device__ inline Mass join(Mass a, Mass b) {
  const float most = fmaxf(a.most, b.most);
  return {most, a.sum * __expf(a.most - most) + b.sum * __expf(b.most - most)};
}

__device__ inline Mass warpJoin(Mass m) {
#pragma unroll
  for (int step = 16; step > 0; step /= 2)
    m = join(m, {__shfl_xor_sync(kAll, m.most, step), __shfl_xor_sync(kAll, m.sum, step)});
  return m;
}

/**
 * losses[row] = logsumexp(x) - x[target], 0 where the target is `ignored`. With `gradient` the logits become softmax(x)
 * less one at the target, and 0 where it is ignored or beyond the vocabulary (a row is `stride` long, a multiple of 8).
 */
extern "C" __global__ void __launch_bounds__(THREADS)
    crossEntropy(T* logits, const int64_t* targets, float* losses, int32_t vocabulary, int32_t stride, int64_t ignored,
                 int32_t gradient) {
  constexpr float kLowest = -3.0e38f;
  T* row = logits + int64_t(blockIdx.x) * stride;
  const int64_t target = targets[blockIdx.x];
  const bool counts = target != ignored;
  __shared__ Mass parts[32];
  Mass mass{kLowest, 0};
  if (counts) {
    for (int at = threadIdx.x * VEC; at < vocabulary; at += THREADS * VEC) {
      float v[VEC];
      load<VEC>(row + at, v);
      float most = mass.most;
#pragma unroll
      for (int i = 0; i < VEC; ++i) {
        if (at + i >= vocabulary) v[i] = kLowest;
        most = fmaxf(most, v[i]);
      }
      float sum = mass.sum * __expf(mass.most - most);
#pragma unroll
      for (int i = 0; i < VEC; ++i) sum += at + i < vocabulary ? __expf(v[i] - most) : 0.0f;
      mass = {most, sum};
    }
    mass = warpJoin(mass);
    if (threadIdx.x % 32 == 0) parts[threadIdx.x / 32] = mass;
    __syncthreads();
    mass = warpJoin(parts[threadIdx.x % 32]);
  }
  const float lse = mass.most + logf(mass.sum);
  if (threadIdx.x == 0) losses[blockIdx.x] = counts ? lse - toFloat(row[target]) : 0.0f;
  if (!gradient) return;
  __syncthreads();  // the target's logit is read before it is overwritten
  for (int at = threadIdx.x * VEC; at < stride; at += THREADS * VEC) {
    float v[VEC] = {};
    if (counts) {
      load<VEC>(row + at, v);
#pragma unroll
      for (int i = 0; i < VEC; ++i)
        v[i] = at + i < vocabulary ? __expf(v[i] - lse) - (at + i == target ? 1.0f : 0.0f) : 0.0f;
    }
    store<VEC>(row + at, v);
  }
}

constexpr int SHARED_THREADS = 512;

/**
 * The same with the row in shared memory: it is read once, and each exponential computed once. `stride` T of it.
 */
extern "C" __global__ void __launch_bounds__(SHARED_THREADS, 2)  // one reads while the other computes
    crossEntropyInShared(T* logits, const int64_t* targets, float* losses, int32_t vocabulary, int32_t stride,
                         int64_t ignored, int32_t gradient) {
  constexpr float kLowest = -3.0e38f;
  SHARED_MEMORY(memory);
  T* kept = reinterpret_cast<T*>(memory);
  __shared__ float parts[32];
  T* row = logits + int64_t(blockIdx.x) * stride;
  const int64_t target = targets[blockIdx.x];
  if (target == ignored) {
    if (threadIdx.x == 0) losses[blockIdx.x] = 0.0f;
    const float nothing[VEC] = {};
    for (int at = threadIdx.x * VEC; gradient && at < stride; at += SHARED_THREADS * VEC) store<VEC>(row + at, nothing);
    return;
  }
  for (int at = threadIdx.x * VEC; at < stride; at += SHARED_THREADS * VEC) {
#pragma unroll
    for (int i = 0; i < int(VEC * sizeof(T)); i += 16)
      copyToShared(memory + at * sizeof(T) + i, reinterpret_cast<const unsigned char*>(row + at) + i);
  }
  if (threadIdx.x < 32) parts[threadIdx.x] = kLowest;
  waitForCopies();
  __syncthreads();
  float most = kLowest;
  for (int at = threadIdx.x * VEC; at < vocabulary; at += SHARED_THREADS * VEC) {
    float v[VEC];
    load<VEC>(kept + at, v);
#pragma unroll
    for (int i = 0; i < VEC; ++i) most = fmaxf(most, at + i < vocabulary ? v[i] : kLowest);
  }
  most = warpMax(most);
  if (threadIdx.x % 32 == 0) parts[threadIdx.x / 32] = most;
  __syncthreads();
  most = warpMax(parts[threadIdx.x % 32]);
  if (threadIdx.x == 0) losses[blockIdx.x] = toFloat(kept[target]);  // until the sum is known
  __syncthreads();
  float sum = 0;
  for (int at = threadIdx.x * VEC; at < stride; at += SHARED_THREADS * VEC) {
    float v[VEC];
    load<VEC>(kept + at, v);
#pragma unroll
    for (int i = 0; i < VEC; ++i) {
      v[i] = at + i < vocabulary ? __expf(v[i] - most) : 0.0f;
      sum += v[i];
    }
    if (gradient) store<VEC>(kept + at, v);
  }
  sum = blockSum(sum);
  if (threadIdx.x == 0) losses[blockIdx.x] = most + logf(sum) - losses[blockIdx.x];
  if (!gradient) return;
  const float share = 1.0f / sum;
  for (int at = threadIdx.x * VEC; at < stride; at += SHARED_THREADS * VEC) {
    float v[VEC];
    load<VEC>(kept + at, v);
#pragma unroll
    for (int i = 0; i < VEC; ++i) v[i] = v[i] * share - (at + i == target ? 1.0f : 0.0f);
    store<VEC>(row + at, v);
  }
}

/** The mean over the rows that count, and how many they are: one block. NaN where none does. */
extern "C" __global__ void __launch_bounds__(THREADS)
    meanLoss(const float* losses, const int64_t* targets, float* mean, float* count, int64_t rows, int64_t ignored) {
  float total = 0, counted = 0;
  for (int64_t row = threadIdx.x; row < rows; row += THREADS) {
    if (targets[row] == ignored) continue;
    total += losses[row];
    counted += 1;
  }
  total = blockSum(total);
  counted = blockSum(counted);
  if (threadIdx.x == 0) {
    *mean = total / counted;
    *count = counted;
  }
}

/** Four numbers a thread; the first also has those that are left. */
extern "C" __global__ void __launch_bounds__(256) scale(T* x, const float* factor, int64_t count) {
  const int64_t at = (int64_t(blockIdx.x) * 256 + threadIdx.x) * 4;
  if (at + 4 <= count) {
    float v[4];
    load<4>(x + at, v);
#pragma unroll
    for (int i = 0; i < 4; ++i) v[i] *= *factor;
    store<4>(x + at, v);
  }
  if (at == 0)
    for (int64_t rest = count / 4 * 4; rest < count; ++rest) x[rest] = From<T>::of(toFloat(x[rest]) * *factor);
}
