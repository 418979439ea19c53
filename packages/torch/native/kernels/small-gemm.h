#pragma once
#include <cstdint>

// Products of the size of one attention head, where a library call costs as much as its work. B's rows must be readable
// up to a multiple of kPanel floats, and C's writable; A may have any strides, so a transposed A costs nothing.

namespace trainer::CPU_CAPABILITY {

#if defined(CPU_CAPABILITY_AVX512)
constexpr int kLanes = 16;
constexpr int kTileRows = 8;
#elif defined(CPU_CAPABILITY_AVX2)
constexpr int kLanes = 8;
constexpr int kTileRows = 4;
#else
constexpr int kLanes = 4;
constexpr int kTileRows = 4;
#endif
constexpr int kPanel = 2 * kLanes;

typedef float Lanes __attribute__((vector_size(kLanes * sizeof(float)), aligned(4), may_alias));

static inline int64_t padded(int64_t n) { return (n + kPanel - 1) / kPanel * kPanel; }

struct Strided {
  const float* data;
  int64_t row;
  int64_t column;
};

template <int kRows>
static inline void tile(Strided a, const float* b, int64_t bStride, float* c, int64_t cStride, int64_t depth,
                        bool accumulate) {
  Lanes sum[kRows][2];
  for (int i = 0; i < kRows; ++i) {
    if (accumulate) {
      sum[i][0] = *reinterpret_cast<const Lanes*>(c + i * cStride);
      sum[i][1] = *reinterpret_cast<const Lanes*>(c + i * cStride + kLanes);
    } else {
      sum[i][0] = Lanes{};
      sum[i][1] = Lanes{};
    }
  }
  for (int64_t k = 0; k < depth; ++k) {
    const Lanes b0 = *reinterpret_cast<const Lanes*>(b + k * bStride);
    const Lanes b1 = *reinterpret_cast<const Lanes*>(b + k * bStride + kLanes);
    const float* ak = a.data + k * a.column;
#pragma GCC unroll 8
    for (int i = 0; i < kRows; ++i) {
      const float scalar = ak[i * a.row];
      sum[i][0] += scalar * b0;
      sum[i][1] += scalar * b1;
    }
  }
  for (int i = 0; i < kRows; ++i) {
    *reinterpret_cast<Lanes*>(c + i * cStride) = sum[i][0];
    *reinterpret_cast<Lanes*>(c + i * cStride + kLanes) = sum[i][1];
  }
}

template <int kRows>
static inline void tileRow(int64_t columns, int64_t depth, Strided a, const float* b, int64_t bStride, float* c,
                           int64_t cStride, bool accumulate) {
  for (int64_t j = 0; j < columns; j += kPanel) tile<kRows>(a, b + j, bStride, c + j, cStride, depth, accumulate);
}

/** C (rows x columns) = or += A (rows x depth) B (depth x columns), for rows <= kTileRows. */
static inline void gemmRows(int64_t rows, int64_t columns, int64_t depth, Strided a, const float* b, int64_t bStride,
                            float* c, int64_t cStride, bool accumulate) {
  int64_t done = 0;
  if (rows == kTileRows) return tileRow<kTileRows>(columns, depth, a, b, bStride, c, cStride, accumulate);
  for (; done < rows; ++done) {
    const Strided row{a.data + done * a.row, a.row, a.column};
    tileRow<1>(columns, depth, row, b, bStride, c + done * cStride, cStride, accumulate);
  }
}

}  // namespace trainer::CPU_CAPABILITY
