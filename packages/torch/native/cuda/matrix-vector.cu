#include "number.cuh"

// Products of up to ROWS vectors with a weight (D, C) whose numbers are read once: bfloat16, or with INT8=1 int8 with a
// scale for each `group` neighbours of a row. Vectors and sums are float32. A block is 8 / SPLIT groups of SPLIT warps; each
// group has OUTS outputs, and its warps divide the depth.

constexpr int WARPS = 8;
constexpr int PARTS = WARPS / SPLIT;

#if INT8
using Stored = signed char;
#else
using Stored = uint16_t;
#endif

/** VEC stored numbers, as words of 4 bytes. */
constexpr int WORDS = VEC * sizeof(Stored) / 4;
struct alignas(WORDS * 4) Words {
  uint32_t at[WORDS];
};

__device__ inline void toFloats(const Words& words, float (&into)[VEC]) {
#pragma unroll
  for (int i = 0; i < WORDS; ++i) {
#if INT8
    const uint32_t biased = words.at[i] ^ 0x80808080u;  // 0 to 255, put below the exponent of 2^23
#pragma unroll
    for (int j = 0; j < 4; ++j)
      into[4 * i + j] = __uint_as_float(__byte_perm(biased, 0x4b000000u, 0x7440 + j)) - 8388736.0f;
#else
    into[2 * i] = __uint_as_float(words.at[i] << 16);
    into[2 * i + 1] = __uint_as_float(words.at[i] & 0xffff0000u);
#endif
  }
}

/**
 * Sums N numbers of each lane over a warp, N a power of 2: each step hands half of what is left to the other half of the
 * lanes. Afterwards a lane has the sums from the index returned on, N / 32 of them, or one that 32 / N lanes have.
 */
template <int N, int STEP>
__device__ inline int sumOverWarp(float* v) {
  if constexpr (STEP == 0) {
    return 0;
  } else if constexpr (N == 1) {
    v[0] += __shfl_xor_sync(kAll, v[0], STEP);
    return sumOverWarp<1, STEP / 2>(v);
  } else {
    const bool upper = threadIdx.x & STEP;
#pragma unroll
    for (int i = 0; i < N / 2; ++i) {
      const float other = __shfl_xor_sync(kAll, upper ? v[i] : v[i + N / 2], STEP);
      v[i] = (upper ? v[i + N / 2] : v[i]) + other;
    }
    return (upper ? N / 2 : 0) + sumOverWarp<N / 2, STEP / 2>(v);
  }
}

/** GELU by its tanh form. */
__device__ inline float gelu(float x) {
  const float inner = 0.7978845608028654f * (x + 0.044715f * x * x * x);
  return x * (1.0f - 1.0f / (1.0f + __expf(2.0f * inner)));
}

/** y = x Wᵀ + bias, through GELU if requested: x (rows, C), y (rows, D). */
extern "C" __global__ void __launch_bounds__(WARPS * 32)
    multiply(const float* x, const Stored* weight, const float* scales, const float* bias, float* y, int32_t rows,
             int32_t outputs, int32_t depth, int32_t group, int32_t activation) {
  __shared__ float shared[SPLIT > 1 ? WARPS * OUTS * ROWS : 1];
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  const int part = warp / SPLIT, slice = warp % SPLIT;
  const int first = (blockIdx.x * PARTS + part) * OUTS;
  const int vectors = depth / VEC;
  const int groups = INT8 ? depth / group : 1, vectorsOfGroup = group / VEC;
  constexpr int SUMS = OUTS * ROWS;
  float sum[SUMS] = {};  // of output o and row r at o * ROWS + r
#pragma unroll UNROLL
  for (int at = slice * 32 + lane; at < vectors; at += SPLIT * 32) {
    Words words[OUTS];
    float scale[OUTS];
#pragma unroll
    for (int o = 0; o < OUTS; ++o) {
      const int64_t row = first + o < outputs ? first + o : outputs - 1;
      words[o] = *reinterpret_cast<const Words*>(weight + row * depth + int64_t(at) * VEC);
      scale[o] = INT8 ? scales[row * groups + at / vectorsOfGroup] : 1.0f;
    }
    float w[OUTS][VEC];
#pragma unroll
    for (int o = 0; o < OUTS; ++o) toFloats(words[o], w[o]);
#pragma unroll
    for (int r = 0; r < ROWS; ++r) {
      if (ROWS > 1 && r >= rows) continue;
      float v[VEC];
#pragma unroll
      for (int i = 0; i < VEC; i += 4) {
        float four[4];
        load<4>(x + int64_t(r) * depth + int64_t(at) * VEC + i, four);
#pragma unroll
        for (int j = 0; j < 4; ++j) v[i + j] = four[j];
      }
#pragma unroll
      for (int o = 0; o < OUTS; ++o) {
        float s = 0;
#pragma unroll
        for (int i = 0; i < VEC; ++i) s += w[o][i] * v[i];
        sum[o * ROWS + r] += INT8 ? s * scale[o] : s;
      }
    }
  }
  const int index = sumOverWarp<SUMS, 16>(sum);
  constexpr int LEFT = SUMS > 32 ? SUMS / 32 : 1, SAME = SUMS < 32 ? 32 / SUMS : 1;
  const bool mine = lane % SAME == 0;
  if (SPLIT > 1) {
#pragma unroll
    for (int i = 0; i < LEFT; ++i)
      if (mine) shared[warp * SUMS + index + i] = sum[i];
    __syncthreads();
    if (slice != 0) return;
  }
#pragma unroll
  for (int i = 0; i < LEFT; ++i) {
    const int o = (index + i) / ROWS, r = (index + i) % ROWS;
    if (!mine || r >= rows || first + o >= outputs) continue;
    float total = sum[i];
#pragma unroll
    for (int s = 1; s < SPLIT; ++s) total += shared[SPLIT > 1 ? (warp + s) * SUMS + index + i : 0];
    if (bias != nullptr) total += bias[first + o];
    y[int64_t(r) * outputs + first + o] = activation == 1 ? gelu(total) : total;
  }
}
