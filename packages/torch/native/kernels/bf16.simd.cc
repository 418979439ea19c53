#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstring>

#include "simd.h"
#if defined(CPU_CAPABILITY_AVX512)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // of a value that the header leaves unset on purpose
#include <immintrin.h>
/** For functions that are called where hasBf16() alone. */
#define WITH_BF16 __attribute__((target("avx512bf16")))
#endif

// Products in bfloat16. Two elements that are neighbours along k make a word, the first in its lower half; a panel has
// the words of a pair after another. Not every processor with AVX-512 has AVX512_BF16; without it these loops are slow,
// and give the same but for rounding.

namespace trainer::CPU_CAPABILITY {

namespace {

#if defined(CPU_CAPABILITY_AVX512)

int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

constexpr int kWide = 16;

bool hasBf16() { return __builtin_cpu_supports("avx512bf16") != 0; }

__mmask16 firstOf(int64_t count) {
  return count >= kWide ? 0xffff : count <= 0 ? 0 : static_cast<__mmask16>((1U << count) - 1);
}

/** Words whose lower halves are the one and whose upper halves are the other, rounded. */
WITH_BF16 inline __m512i words(__m512 even, __m512 odd) {
  const __m512i low = _mm512_cvtepu16_epi32(reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(even)));
  const __m512i high = _mm512_cvtepu16_epi32(reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(odd)));
  return _mm512_or_si512(low, _mm512_slli_epi32(high, 16));
}

inline void transpose(__m512i (&r)[kWide]) {
  __m512i t[kWide];
  for (int i = 0; i < 8; ++i) {
    t[2 * i] = _mm512_unpacklo_epi32(r[2 * i], r[2 * i + 1]);
    t[2 * i + 1] = _mm512_unpackhi_epi32(r[2 * i], r[2 * i + 1]);
  }
  for (int i = 0; i < 4; ++i) {
    r[4 * i] = _mm512_unpacklo_epi64(t[4 * i], t[4 * i + 2]);
    r[4 * i + 1] = _mm512_unpackhi_epi64(t[4 * i], t[4 * i + 2]);
    r[4 * i + 2] = _mm512_unpacklo_epi64(t[4 * i + 1], t[4 * i + 3]);
    r[4 * i + 3] = _mm512_unpackhi_epi64(t[4 * i + 1], t[4 * i + 3]);
  }
  constexpr int kEven = 0x88, kOdd = 0xdd;  // of the four quarters of either register
  for (int i = 0; i < 4; ++i) {
    t[i] = _mm512_shuffle_i32x4(r[i], r[4 + i], kEven);
    t[4 + i] = _mm512_shuffle_i32x4(r[i], r[4 + i], kOdd);
    t[8 + i] = _mm512_shuffle_i32x4(r[8 + i], r[12 + i], kEven);
    t[12 + i] = _mm512_shuffle_i32x4(r[8 + i], r[12 + i], kOdd);
  }
  for (int i = 0; i < 4; ++i) {
    r[i] = _mm512_shuffle_i32x4(t[i], t[8 + i], kEven);
    r[8 + i] = _mm512_shuffle_i32x4(t[i], t[8 + i], kOdd);
    r[4 + i] = _mm512_shuffle_i32x4(t[4 + i], t[12 + i], kEven);
    r[12 + i] = _mm512_shuffle_i32x4(t[4 + i], t[12 + i], kOdd);
  }
}

/** Packs a matrix whose neighbours across the panel are adjacent. */
template <int kWidth>
WITH_BF16 inline void packRows(const float* x, int64_t stride, int64_t depth, int64_t count, uint32_t* out) {
  for (int64_t k = 0; k < depth; k += 2, x += 2 * stride, out += kWidth) {
    for (int j = 0; j < kWidth; j += kWide) {
      const __mmask16 there = firstOf(count - j);
      const __m512 even = _mm512_maskz_loadu_ps(there, x + j);
      const __m512 odd = _mm512_maskz_loadu_ps(k + 1 < depth ? there : 0, x + stride + j);
      _mm512_mask_storeu_epi32(out + j, firstOf(kWidth - j), words(even, odd));
    }
  }
}

/** Packs a matrix whose neighbours along k are adjacent. */
template <int kWidth>
WITH_BF16 inline void packColumns(const float* x, int64_t stride, int64_t depth, int64_t count, uint32_t* out) {
  for (int64_t k = 0; k < depth; k += 2 * kWide) {
    const __mmask16 first = firstOf(depth - k), second = firstOf(depth - k - kWide);
    for (int j = 0; j < kWidth; j += kWide) {
      __m512i rows[kWide];
      for (int i = 0; i < kWide; ++i) {
        const bool isThere = j + i < smaller(count, kWidth);
        const float* from = x + (isThere ? j + i : 0) * stride + k;
        const __m512 low = _mm512_maskz_loadu_ps(isThere ? first : 0, from);
        const __m512 high = _mm512_maskz_loadu_ps(isThere ? second : 0, from + kWide);
        rows[i] = reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(high, low));
      }
      transpose(rows);
      for (int p = 0; k + 2 * p < depth && p < kWide; ++p)
        _mm512_mask_storeu_epi32(out + (k / 2 + p) * kWidth + j, firstOf(kWidth - j), rows[p]);
    }
  }
}

template <int kWidth>
WITH_BF16 inline void packFast(const Bf16Source& from, int64_t panel, int64_t k, int64_t depth, uint32_t* out) {
  const int64_t first = panel * kWidth, count = smaller(kWidth, from.count - first);
  const float* x = from.data + first * from.across + k * from.along;
  if (from.across == 1) return packRows<kWidth>(x, from.along, depth, count, out);
  packColumns<kWidth>(x, from.across, depth, count, out);
}

/** kBf16Rows x kBf16Columns of c, in registers along k. */
WITH_BF16 inline void fastTile(const uint32_t* a, const uint32_t* b, int64_t pairs, float* c, int64_t next, bool add) {
  __m512 sum[kBf16Rows][2];
  for (int i = 0; i < kBf16Rows; ++i) {
    sum[i][0] = add ? _mm512_loadu_ps(c + i * next) : _mm512_setzero_ps();
    sum[i][1] = add ? _mm512_loadu_ps(c + i * next + kWide) : _mm512_setzero_ps();
  }
  for (int64_t p = 0; p < pairs; ++p, a += kBf16Rows, b += kBf16Columns) {
    const auto b0 = reinterpret_cast<__m512bh>(_mm512_loadu_si512(b));
    const auto b1 = reinterpret_cast<__m512bh>(_mm512_loadu_si512(b + kWide));
#pragma GCC unroll 12
    for (int i = 0; i < kBf16Rows; ++i) {
      const auto ai = reinterpret_cast<__m512bh>(_mm512_set1_epi32(static_cast<int>(a[i])));
      sum[i][0] = _mm512_dpbf16_ps(sum[i][0], ai, b0);
      sum[i][1] = _mm512_dpbf16_ps(sum[i][1], ai, b1);
    }
  }
  for (int i = 0; i < kBf16Rows; ++i) {
    _mm512_storeu_ps(c + i * next, sum[i][0]);
    _mm512_storeu_ps(c + i * next + kWide, sum[i][1]);
  }
}

constexpr int kAdditions = 1000;

using Sums = __m512[kWide];

/** Hides the sums from the compiler: it would make one of equal ones, and none of those that nobody reads. */
inline void hide(Sums& sums) {
#pragma GCC unroll 16
  for (int j = 0; j < kWide; ++j) asm volatile("" : "+v"(sums[j]));
}

/** To sums that do not wait for each other. */
inline void addFloats() {
  const __m512 one = _mm512_set1_ps(1.0f);
  Sums sums = {};
  hide(sums);
  for (int i = 0; i < kAdditions; ++i) {
#pragma GCC unroll 16
    for (int j = 0; j < kWide; ++j) sums[j] = _mm512_fmadd_ps(one, one, sums[j]);
  }
  hide(sums);
}

WITH_BF16 inline void addPairs() {
  constexpr int kOnes = 0x3f803f80;
  const auto ones = reinterpret_cast<__m512bh>(_mm512_set1_epi32(kOnes));
  Sums sums = {};
  hide(sums);
  for (int i = 0; i < kAdditions; ++i) {
#pragma GCC unroll 16
    for (int j = 0; j < kWide; ++j) sums[j] = _mm512_dpbf16_ps(sums[j], ones, ones);
  }
  hide(sums);
}

/** The shortest of several times, in seconds: the processor may be wanted by others. */
template <typename Work>
double shortest(const Work& work) {
  using Clock = std::chrono::steady_clock;
  constexpr int kRounds = 20;
  double least = 1;
  for (int round = 0; round < kRounds; ++round) {
    const auto began = Clock::now();
    work();
    least = std::min(least, std::chrono::duration<double>(Clock::now() - began).count());
  }
  return least;
}

/**
 * An instruction for bfloat16 multiplies twice as many elements as one for float32, and may take nearly twice as long.
 * Measured: 3.4 to 4.1 times as long on an Emerald Rapids, idle and busy, for it is AMX that is fast on Intel's.
 */
bool isFaster() {
  constexpr double kClearly = 1.8;
  return shortest(addPairs) < kClearly * shortest(addFloats);
}

#endif

uint32_t bitsOf(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return bits;
}

float valueOf(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

/** To nearest, ties to even; what is not a number stays so. */
uint32_t rounded(float value) {
  const uint32_t bits = bitsOf(value);
  if (value != value) return (bits >> 16) | 0x40;
  return (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
}

template <int kWidth>
void packPlainly(const Bf16Source& from, int64_t panel, int64_t k, int64_t depth, uint32_t* out) {
  const auto at = [&](int64_t i, int64_t j) {
    const int64_t across = panel * kWidth + j;
    return i < depth && across < from.count ? rounded(from.data[across * from.across + (k + i) * from.along]) : 0;
  };
  for (int64_t i = 0; i < depth; i += 2)
    for (int64_t j = 0; j < kWidth; ++j) *out++ = at(i, j) | at(i + 1, j) << 16;
}

void plainTile(const uint32_t* a, const uint32_t* b, int64_t pairs, float* c, int64_t next, bool add) {
  constexpr uint32_t kUpper = 0xffff0000;
  for (int64_t i = 0; i < kBf16Rows; ++i) {
    float sum[kBf16Columns];
    for (int64_t j = 0; j < kBf16Columns; ++j) sum[j] = add ? c[i * next + j] : 0.0f;
    for (int64_t p = 0; p < pairs; ++p) {
      const uint32_t word = a[p * kBf16Rows + i];
      const float even = valueOf(word << 16), odd = valueOf(word & kUpper);
      for (int64_t j = 0; j < kBf16Columns; ++j) {
        const uint32_t other = b[p * kBf16Columns + j];
        sum[j] += even * valueOf(other << 16) + odd * valueOf(other & kUpper);
      }
    }
    for (int64_t j = 0; j < kBf16Columns; ++j) c[i * next + j] = sum[j];
  }
}

/** kBf16Rows x kBf16Columns of c. */
void tile(const uint32_t* a, const uint32_t* b, int64_t pairs, float* c, int64_t next, bool add) {
#if defined(CPU_CAPABILITY_AVX512)
  if (hasBf16()) return fastTile(a, b, pairs, c, next, add);
#endif
  plainTile(a, b, pairs, c, next, add);
}

template <int kWidth>
void packPanel(const Bf16Source& from, int64_t panel, int64_t k, int64_t depth, uint32_t* out) {
#if defined(CPU_CAPABILITY_AVX512)
  if (hasBf16()) return packFast<kWidth>(from, panel, k, depth, out);
#endif
  packPlainly<kWidth>(from, panel, k, depth, out);
}

}  // namespace

bool bf16IsFaster() {
#if defined(CPU_CAPABILITY_AVX512)
  return hasBf16() && isFaster();
#else
  return false;
#endif
}

void bf16Pack(const Bf16Source& from, int64_t panel, int64_t k, int64_t depth, uint32_t* out) {
  if (from.width == kBf16Rows) return packPanel<kBf16Rows>(from, panel, k, depth, out);
  packPanel<kBf16Columns>(from, panel, k, depth, out);
}

void bf16Tile(const uint32_t* a, const uint32_t* b, int64_t pairs, const Bf16Tile& c, bool add) {
  if (c.rows == kBf16Rows && c.columns == kBf16Columns) return tile(a, b, pairs, c.data, c.next, add);
  alignas(64) float whole[kBf16Rows * kBf16Columns] = {};
  const auto bytes = static_cast<size_t>(c.columns) * sizeof(float);
  for (int64_t i = 0; add && i < c.rows; ++i) std::memcpy(whole + i * kBf16Columns, c.data + i * c.next, bytes);
  tile(a, b, pairs, whole, kBf16Columns, add);
  for (int64_t i = 0; i < c.rows; ++i) std::memcpy(c.data + i * c.next, whole + i * kBf16Columns, bytes);
}

}  // namespace trainer::CPU_CAPABILITY
