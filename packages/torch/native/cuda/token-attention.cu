#include "number.cuh"

// Attention of one more token a sequence to itself and all before it. A block has the GROUPS queries of one key head of
// one sequence; LANES threads share a key of HS numbers, and the keys are divided among such groups of threads, each
// with a running softmax of its own (Milakov and Gimelshein 2018), merged at the end. Keys and values are of T.

constexpr int VEC = 16 / sizeof(T);  // numbers of a thread
constexpr int VECTORS = (HS + VEC - 1) / VEC;
constexpr int LANES = VECTORS > 16 ? 32 : VECTORS > 8 ? 16 : VECTORS > 4 ? 8 : VECTORS > 2 ? 4 : VECTORS;
constexpr int PIECES = (HS + LANES * VEC - 1) / (LANES * VEC);
constexpr int SUBS = THREADS / LANES;  // keys that are looked at side by side
constexpr int AHEAD = GROUPS > 4 || PIECES > 1 ? 2 : 4;

constexpr float kNone = -3.4e38f;  // the score of a key that is not there

__device__ inline int columnOf(int piece) { return (piece * LANES + threadIdx.x % LANES) * VEC; }

__device__ inline float lanesSum(float x) {
#pragma unroll
  for (int step = LANES / 2; step > 0; step /= 2) x += __shfl_xor_sync(kAll, x, step);
  return x;
}

/** The part of a row of HS numbers that is this thread's; zeros beyond it. */
template <typename Number>
__device__ inline void loadPart(const Number* row, float (&into)[PIECES][VEC]) {
#pragma unroll
  for (int p = 0; p < PIECES; ++p) {
#pragma unroll
    for (int i = 0; i < VEC; ++i) into[p][i] = 0.0f;
    if (columnOf(p) < HS) load<VEC>(row + columnOf(p), into[p]);
  }
}

__device__ inline float dot(const float (&a)[PIECES][VEC], const float (&b)[PIECES][VEC]) {
  float sum = 0;
#pragma unroll
  for (int p = 0; p < PIECES; ++p)
#pragma unroll
    for (int i = 0; i < VEC; ++i) sum += a[p][i] * b[p][i];
  return lanesSum(sum);
}

/** A softmax over some of the keys: their largest score, the sum of exponentials below it, and of values so weighted. */
struct Partial {
  float most, sum;
  float value[PIECES][VEC];
};

template <int N>
__device__ inline void take(Partial& a, const float (&scores)[N], const float (&v)[N][PIECES][VEC]) {
  float most = a.most;
#pragma unroll
  for (int n = 0; n < N; ++n) most = fmaxf(most, scores[n]);
  if (most == kNone) return;
  const float scale = __expf(a.most - most);
  a.most = most;
  a.sum *= scale;
#pragma unroll
  for (int p = 0; p < PIECES; ++p)
#pragma unroll
    for (int i = 0; i < VEC; ++i) a.value[p][i] *= scale;
#pragma unroll
  for (int n = 0; n < N; ++n) {
    const float weight = __expf(scores[n] - most);
    a.sum += weight;
#pragma unroll
    for (int p = 0; p < PIECES; ++p)
#pragma unroll
      for (int i = 0; i < VEC; ++i) a.value[p][i] += weight * v[n][p][i];
  }
}

/**
 * q (B, nh, hs), k and v (B, nkv, hs): rows `qRow`, `kRow` and `vRow` numbers apart, heads side by side; keys and values
 * (B, nkv, N, hs), to which k and v are added at each sequence's length, (B); y (B, nh, hs). Block (h, b).
 */
extern "C" __global__ void __launch_bounds__(THREADS)
    attendToken(const float* q, const float* k, const float* v, T* keys, T* values, const int64_t* lengths, float* y,
                int64_t qRow, int64_t kRow, int64_t vRow, int32_t capacity, float scale) {
  __shared__ float shared[SUBS * GROUPS * (HS + 2)];
  const int head = blockIdx.x, heads = gridDim.x, b = blockIdx.y, sub = threadIdx.x / LANES;
  const int64_t length = lengths[b];
  const int past = int(length < 0 ? 0 : length >= capacity ? capacity - 1 : length);
  const int64_t cache = (int64_t(b) * heads + head) * capacity * HS;
  keys += cache;
  values += cache;

  float own[GROUPS][PIECES][VEC];
  Partial partial[GROUPS];
#pragma unroll
  for (int g = 0; g < GROUPS; ++g) {
    loadPart(q + b * qRow + (head * GROUPS + g) * HS, own[g]);
    partial[g].most = kNone;
    partial[g].sum = 0;
#pragma unroll
    for (int p = 0; p < PIECES; ++p)
#pragma unroll
      for (int i = 0; i < VEC; ++i) {
        own[g][p][i] *= scale;
        partial[g].value[p][i] = 0;
      }
  }

  // All threads of a warp go through the loop together, as they reduce together; keys that are not there score kNone.
  for (int first = 0; first < past; first += SUBS * AHEAD) {
    float kept[AHEAD][PIECES][VEC], scores[AHEAD];
    float key[AHEAD][PIECES][VEC];
#pragma unroll
    for (int n = 0; n < AHEAD; ++n) {
      const int at = first + n * SUBS + sub;
      const int64_t row = int64_t(at < past ? at : past - 1) * HS;
      loadPart(keys + row, key[n]);
      loadPart(values + row, kept[n]);
    }
#pragma unroll
    for (int g = 0; g < GROUPS; ++g) {
#pragma unroll
      for (int n = 0; n < AHEAD; ++n) {
        const float score = dot(own[g], key[n]);
        scores[n] = first + n * SUBS + sub < past ? score : kNone;
      }
      take<AHEAD>(partial[g], scores, kept);
    }
  }

  if (sub < 32 / LANES) {  // the first warp's first group has the new token, rounded as the cache keeps it
    float key[PIECES][VEC], kept[1][PIECES][VEC];
    loadPart(k + b * kRow + head * HS, key);
    loadPart(v + b * vRow + head * HS, kept[0]);
#pragma unroll
    for (int p = 0; p < PIECES; ++p) {
      if (sub == 0 && columnOf(p) < HS) {
        store<VEC>(keys + int64_t(past) * HS + columnOf(p), key[p]);
        store<VEC>(values + int64_t(past) * HS + columnOf(p), kept[0][p]);
      }
#pragma unroll
      for (int i = 0; i < VEC; ++i) {
        key[p][i] = toFloat(From<T>::of(key[p][i]));
        kept[0][p][i] = toFloat(From<T>::of(kept[0][p][i]));
      }
    }
#pragma unroll
    for (int g = 0; g < GROUPS; ++g) {
      const float score = dot(own[g], key);
      const float scores[1] = {sub == 0 ? score : kNone};
      take<1>(partial[g], scores, kept);
    }
  }

#pragma unroll
  for (int g = 0; g < GROUPS; ++g) {
    float* to = shared + (sub * GROUPS + g) * (HS + 2);
    if (threadIdx.x % LANES == 0) {
      to[HS] = partial[g].most;
      to[HS + 1] = partial[g].sum;
    }
#pragma unroll
    for (int p = 0; p < PIECES; ++p)
#pragma unroll
      for (int i = 0; i < VEC; ++i)
        if (columnOf(p) + i < HS) to[columnOf(p) + i] = partial[g].value[p][i];
  }
  __syncthreads();
  for (int at = threadIdx.x; at < GROUPS * HS; at += THREADS) {
    const int g = at / HS, column = at % HS;
    float most = kNone, sum = 0, value = 0;
    for (int s = 0; s < SUBS; ++s) most = fmaxf(most, shared[(s * GROUPS + g) * (HS + 2) + HS]);
    for (int s = 0; s < SUBS; ++s) {
      const float* from = shared + (s * GROUPS + g) * (HS + 2);
      const float weight = __expf(from[HS] - most);
      sum += weight * from[HS + 1];
      value += weight * from[column];
    }
    y[(int64_t(b) * heads + head) * GROUPS * HS + at] = value / sum;
  }
}
