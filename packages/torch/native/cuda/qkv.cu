#include "number.cuh"

// Queries and keys before attention: normed a head at a time (NORMED=1, RMSNorm), rotated by their positions
// (ROTATED=1, Su et al. 2021), and back. Queries, keys and values are side by side: (B, T, nh + 2 nkv, HEAD_SIZE).

constexpr int HALF = HEAD_SIZE / 2;
constexpr int VEC = HALF % 4 == 0 ? 4 : HALF % 2 == 0 ? 2 : 1;
constexpr int NEEDED = (HALF + VEC - 1) / VEC;
constexpr int LANES = NEEDED <= 4 ? 4 : NEEDED <= 8 ? 8 : NEEDED <= 16 ? 16 : 32;  // threads of a head
constexpr int PIECES = (HALF + LANES * VEC - 1) / (LANES * VEC);
constexpr int THREADS = 256;
constexpr int HEADS = THREADS / LANES;  // heads that a block works on at a time

__device__ inline float headSum(float x) {
#pragma unroll
  for (int step = LANES / 2; step > 0; step /= 2) x += __shfl_xor_sync(kAll, x, step);
  return x;
}

__device__ inline int columnOf(int piece) { return (piece * LANES + threadIdx.x % LANES) * VEC; }

struct Head {
  float low[PIECES][VEC], high[PIECES][VEC];  // numbers i and i + HALF, which are turned together
};

template <typename Number>
__device__ inline Head loadHead(const Number* from) {
  Head h = {};
#pragma unroll
  for (int p = 0; p < PIECES; ++p) {
    if (columnOf(p) >= HALF) continue;
    load<VEC>(from + columnOf(p), h.low[p]);
    load<VEC>(from + HALF + columnOf(p), h.high[p]);
  }
  return h;
}

template <typename Number>
__device__ inline void storeHead(Number* to, const Head& h) {
#pragma unroll
  for (int p = 0; p < PIECES; ++p) {
    if (columnOf(p) >= HALF) continue;
    store<VEC>(to + columnOf(p), h.low[p]);
    store<VEC>(to + HALF + columnOf(p), h.high[p]);
  }
}

template <typename Body>
__device__ inline void each(Body body) {
#pragma unroll
  for (int p = 0; p < PIECES; ++p)
#pragma unroll
    for (int i = 0; i < VEC; ++i) body(p, i);
}

__device__ inline float inverseRms(const Head& x, float eps) {
  float squares = 0;
  each([&](int p, int i) { squares += x.low[p][i] * x.low[p][i] + x.high[p][i] * x.high[p][i]; });
  return 1.0f / sqrtf(headSum(squares) / HEAD_SIZE + eps);
}

/** q (B, T, nh, hs) and k (B, T, nkv, hs) of qkv. */
extern "C" __global__ void __launch_bounds__(THREADS)
    unpack(const T* qkv, const float* cos, const float* sin, const float* qWeight, const float* kWeight, T* q, T* k,
           int64_t tokens, int32_t length, int32_t heads, int32_t kvHeads, float eps) {
  const int64_t item = int64_t(blockIdx.x) * HEADS + threadIdx.x / LANES;
  const int turned = heads + kvHeads;
  const bool there = item < tokens * turned;  // none leaves: the sums over a head need whole warps
  const int64_t token = there ? item / turned : 0;
  const int head = there ? int(item % turned) : 0;
  Head x = loadHead(qkv + (token * (heads + 2 * kvHeads) + head) * HEAD_SIZE);
  if (NORMED) {
    const Head w = loadHead(head < heads ? qWeight : kWeight);
    const float r = inverseRms(x, eps);
    each([&](int p, int i) {
      x.low[p][i] *= r * w.low[p][i];
      x.high[p][i] *= r * w.high[p][i];
    });
  }
  if (ROTATED) {
    const int64_t position = token % length;
    const Head c = loadHead(cos + position * HEAD_SIZE), s = loadHead(sin + position * HEAD_SIZE);
    each([&](int p, int i) {
      const float low = x.low[p][i], high = x.high[p][i];
      x.low[p][i] = low * c.low[p][i] - high * s.low[p][i];
      x.high[p][i] = high * c.high[p][i] + low * s.high[p][i];
    });
  }
  if (!there) return;
  storeHead(head < heads ? q + (token * heads + head) * HEAD_SIZE : k + (token * kvHeads + head - heads) * HEAD_SIZE, x);
}

struct Strides {
  int64_t batch, token, head;
};

/**
 * The gradient of qkv from those of q, k and v, each (B, T, heads, hs) with strides of its own. With norms, what each
 * block adds to the gradients of their weights goes to its row of `partial`: (2, HEAD_SIZE), the queries' first.
 */
extern "C" __global__ void __launch_bounds__(THREADS)
    pack(const T* dq, const T* dk, const T* dv, Strides qAt, Strides kAt, Strides vAt, const T* qkv, const float* cos,
         const float* sin, const float* qWeight, const float* kWeight, T* dQkv, float* partial, int64_t tokens,
         int32_t length, int32_t heads, int32_t kvHeads, float eps) {
  const int all = heads + 2 * kvHeads;
  const int64_t items = tokens * all, stride = int64_t(gridDim.x) * HEADS;
  Head dWeights[NORMED ? 2 : 1] = {};
  for (int64_t first = int64_t(blockIdx.x) * HEADS; first < items; first += stride) {
    const int64_t item = first + threadIdx.x / LANES;
    const bool there = item < items;
    const int64_t token = there ? item / all : 0;
    const int head = there ? int(item % all) : 0;
    const int64_t batch = token / length, position = token % length;
    const bool query = head < heads, value = head >= heads + kvHeads;
    const T* from = query ? dq + batch * qAt.batch + position * qAt.token + head * qAt.head
                    : value
                        ? dv + batch * vAt.batch + position * vAt.token + (head - heads - kvHeads) * vAt.head
                        : dk + batch * kAt.batch + position * kAt.token + (head - heads) * kAt.head;
    Head d = loadHead(from);
    if (ROTATED && !value) {
      const Head c = loadHead(cos + position * HEAD_SIZE), s = loadHead(sin + position * HEAD_SIZE);
      each([&](int p, int i) {
        const float low = d.low[p][i], high = d.high[p][i];
        d.low[p][i] = low * c.low[p][i] + high * s.high[p][i];
        d.high[p][i] = high * c.high[p][i] - low * s.low[p][i];
      });
    }
    if (NORMED) {  // by all lanes, as the sums need whole warps; of values nothing is used
      const Head x = loadHead(qkv + (token * all + head) * HEAD_SIZE), w = loadHead(query ? qWeight : kWeight);
      const float r = inverseRms(x, eps);
      float dot = 0;
      each([&](int p, int i) { dot += d.low[p][i] * w.low[p][i] * x.low[p][i] + d.high[p][i] * w.high[p][i] * x.high[p][i]; });
      dot = headSum(dot) * r * r / HEAD_SIZE;
      if (there && !value) {
        each([&](int p, int i) {
          // Indices known when it is compiled keep both sums in registers.
          const float low = d.low[p][i] * x.low[p][i] * r, high = d.high[p][i] * x.high[p][i] * r;
          if (query) {
            dWeights[0].low[p][i] += low;
            dWeights[0].high[p][i] += high;
          } else {
            dWeights[NORMED ? 1 : 0].low[p][i] += low;
            dWeights[NORMED ? 1 : 0].high[p][i] += high;
          }
          d.low[p][i] = r * (d.low[p][i] * w.low[p][i] - x.low[p][i] * dot);
          d.high[p][i] = r * (d.high[p][i] * w.high[p][i] - x.high[p][i] * dot);
        });
      }
    }
    if (there) storeHead(dQkv + (token * all + head) * HEAD_SIZE, d);
  }
#if NORMED
  // In order, so that every run gives the same bits.
  __shared__ float sums[2][HEAD_SIZE];
  for (int slot = 0; slot < HEADS; ++slot) {
    if (threadIdx.x / LANES == slot) {
#pragma unroll
      for (int p = 0; p < PIECES; ++p) {
        if (columnOf(p) >= HALF) continue;
#pragma unroll
        for (int i = 0; i < VEC; ++i) {
          const int at = columnOf(p) + i;
#pragma unroll
          for (int which = 0; which < 2; ++which) {
            sums[which][at] = (slot == 0 ? 0.0f : sums[which][at]) + dWeights[which].low[p][i];
            sums[which][HALF + at] = (slot == 0 ? 0.0f : sums[which][HALF + at]) + dWeights[which].high[p][i];
          }
        }
      }
    }
    __syncthreads();
  }
  for (int at = threadIdx.x; at < 2 * HEAD_SIZE; at += THREADS)
    partial[int64_t(blockIdx.x) * 2 * HEAD_SIZE + at] = (&sums[0][0])[at];
#endif
}
