#include <cstdint>

#include "lanes.h"
#include "simd.h"
#if defined(CPU_CAPABILITY_AVX512) || defined(CPU_CAPABILITY_AVX2)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // of a value that the header leaves unset on purpose
#include <immintrin.h>
#endif

// Products of a few rows of x with a weight that is stored smaller than float32 and made float32 in registers: reading
// it is most of the work. As with float32, what a row's result is made of does not depend on how many rows there are.

namespace trainer::CPU_CAPABILITY {

namespace {

constexpr int64_t kAheadBytes = 4096;

// As GCC 12 writes __builtin_convertvector from bytes, it takes each lane by itself.
#if defined(CPU_CAPABILITY_AVX512)
inline Lanes widen(const int8_t* w) {
  return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(w))));
}
/** bfloat16 is the upper half of a float. */
inline Lanes widen(const uint16_t* w) {
  const __m512i low = _mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(w)));
  return _mm512_castsi512_ps(_mm512_slli_epi32(low, 16));
}
#elif defined(CPU_CAPABILITY_AVX2)
inline Lanes widen(const int8_t* w) {
  return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(w))));
}
inline Lanes widen(const uint16_t* w) {
  const __m256i low = _mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(w)));
  return _mm256_castsi256_ps(_mm256_slli_epi32(low, 16));
}
#else
typedef int8_t Bytes __attribute__((vector_size(kLanes), aligned(1), may_alias));
typedef uint16_t Shorts __attribute__((vector_size(2 * kLanes), aligned(2), may_alias));
typedef int32_t Ints __attribute__((vector_size(4 * kLanes)));
typedef uint32_t Words __attribute__((vector_size(4 * kLanes)));
inline Lanes widen(const int8_t* w) {
  return __builtin_convertvector(__builtin_convertvector(*reinterpret_cast<const Bytes*>(w), Ints), Lanes);
}
inline Lanes widen(const uint16_t* w) {
  return reinterpret_cast<Lanes>(__builtin_convertvector(*reinterpret_cast<const Shorts*>(w), Words) << 16);
}
#endif
inline float one(int8_t w) { return static_cast<float>(w); }
inline float one(uint16_t w) {
  const uint32_t bits = static_cast<uint32_t>(w) << 16;
  float value;
  __builtin_memcpy(&value, &bits, sizeof(value));
  return value;
}

/** y[r] = w times row r of x, each `group` of w's elements being scaled by one of `scales`; null: none is. */
template <int kRows, typename Weight>
inline void dots(const Weight* w, const float* scales, int64_t group, const float* x, int64_t xStride, float* y,
                 int64_t yStride, int64_t depth) {
  constexpr int64_t kAhead = kAheadBytes / sizeof(Weight);
  Lanes sum[kRows] = {};
  float rest[kRows] = {};
  for (int64_t from = 0, g = 0; from < depth; from += group, ++g) {
    const int64_t to = from + group < depth ? from + group : depth;
    const float scale = scales == nullptr ? 1.0f : scales[g];
    Lanes part[kRows] = {};
    int64_t k = from;
    for (; k + kLanes <= to; k += kLanes) {
      __builtin_prefetch(w + k + kAhead);
      const Lanes wk = widen(w + k);
#pragma GCC unroll 8
      for (int r = 0; r < kRows; ++r) part[r] += wk * load(x + r * xStride + k);
    }
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r) sum[r] += scale * part[r];
    for (; k < to; ++k)
      for (int r = 0; r < kRows; ++r) rest[r] += scale * one(w[k]) * x[r * xStride + k];
  }
  for (int r = 0; r < kRows; ++r) y[r * yStride] = total(sum[r]) + rest[r];
}

template <typename Weight>
void dotRowsOf(const Weight* w, const float* scales, int64_t group, const FewRows& few, int64_t begin, int64_t end) {
  const auto [x, xStride, rows, y, yStride, depth] = few;
  const int64_t groups = (depth + group - 1) / group;
  for (int64_t j = begin; j < end; ++j) {
    const Weight* wj = w + j * depth;
    const float* own = scales == nullptr ? nullptr : scales + j * groups;
    int64_t r = 0;
    for (; r + kTileRows <= rows; r += kTileRows)
      dots<kTileRows>(wj, own, group, x + r * xStride, xStride, y + r * yStride + j, yStride, depth);
    for (; r + 2 <= rows; r += 2)
      dots<2>(wj, own, group, x + r * xStride, xStride, y + r * yStride + j, yStride, depth);
    if (r < rows) dots<1>(wj, own, group, x + r * xStride, xStride, y + r * yStride + j, yStride, depth);
  }
}

}  // namespace

void dotRowsInt8(const int8_t* w, const float* scales, int64_t group, const FewRows& few, int64_t begin, int64_t end) {
  dotRowsOf(w, scales, group, few, begin, end);
}

void dotRowsBf16(const uint16_t* w, const FewRows& few, int64_t begin, int64_t end) {
  dotRowsOf<uint16_t>(w, nullptr, few.depth, few, begin, end);
}

void dequantizeInt8(const int8_t* w, const float* scales, int64_t group, float* out, int64_t begin, int64_t end,
                    int64_t depth) {
  const int64_t groups = (depth + group - 1) / group;
  for (int64_t j = begin; j < end; ++j) {
    for (int64_t from = 0, g = 0; from < depth; from += group, ++g) {
      const int64_t to = from + group < depth ? from + group : depth;
      const float scale = scales[j * groups + g];
#pragma omp simd
      for (int64_t k = from; k < to; ++k) out[j * depth + k] = scale * static_cast<float>(w[j * depth + k]);
    }
  }
}

}  // namespace trainer::CPU_CAPABILITY
