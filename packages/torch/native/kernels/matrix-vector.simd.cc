#include "lanes.h"
#include "simd.h"

// Products of a few rows of x with a large w: reading w is most of the work, so it is read once for all of them. What a
// row's result is made of, and in which order, does not depend on how many rows there are: a text that is generated
// beside others is the text that would be generated alone.

namespace trainer::CPU_CAPABILITY {

namespace {

/** Prefetch distance within a row of w: one core alone then reads half of what two can. */
constexpr int64_t kAhead = 1024;

/** y[r] = w times row r of x. */
template <int kRows>
inline void dots(const float* w, const float* x, int64_t xStride, float* y, int64_t yStride, int64_t depth) {
  Lanes sum[kRows][2] = {};
  int64_t k = 0;
  for (; k + kPanel <= depth; k += kPanel) {
    __builtin_prefetch(w + k + kAhead);
    if constexpr (kPanel > 16) __builtin_prefetch(w + k + kAhead + 16);  // a cache line is 16 floats
    const Lanes w0 = load(w + k), w1 = load(w + k + kLanes);
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r) {
      sum[r][0] += w0 * load(x + r * xStride + k);
      sum[r][1] += w1 * load(x + r * xStride + k + kLanes);
    }
  }
  for (int r = 0; r < kRows; ++r) {
    float rest = 0;
    for (int64_t i = k; i < depth; ++i) rest += w[i] * x[r * xStride + i];
    y[r * yStride] = total(sum[r][0] + sum[r][1]) + rest;
  }
}

/** y[r] += x[r][0] w[0] + ... + x[r][kDepth - 1] w[kDepth - 1], for columns [begin, end) of w. */
template <int kRows, int kDepth>
inline void accumulate(const float* w, int64_t stride, const float* x, int64_t xStride, float* y, int64_t yStride,
                       int64_t begin, int64_t end) {
  int64_t j = begin;
  for (; j + kLanes <= end; j += kLanes) {
    Lanes wk[kDepth];
#pragma GCC unroll 8
    for (int k = 0; k < kDepth; ++k) wk[k] = load(w + k * stride + j);
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r) {
      Lanes* out = reinterpret_cast<Lanes*>(y + r * yStride + j);
      Lanes sum = *out;
#pragma GCC unroll 8
      for (int k = 0; k < kDepth; ++k) sum += x[r * xStride + k] * wk[k];
      *out = sum;
    }
  }
  for (; j < end; ++j) {
    for (int r = 0; r < kRows; ++r) {
      float sum = y[r * yStride + j];
      for (int k = 0; k < kDepth; ++k) sum += x[r * xStride + k] * w[k * stride + j];
      y[r * yStride + j] = sum;
    }
  }
}

/** `width` columns of w side by side, those beyond them 0: (depth, kPanel). */
inline void packPanel(const float* w, int64_t stride, int64_t depth, int64_t width, float* panel) {
  constexpr int64_t kRowsAhead = 12;
  for (int64_t k = 0; k < depth; ++k, w += stride, panel += kPanel) {
    for (int j = 0; j < kPanel; j += 16) __builtin_prefetch(w + kRowsAhead * stride + j);  // a cache line
    for (int64_t j = 0; j < kPanel; ++j) panel[j] = j < width ? w[j] : 0.0f;
  }
}

/** The first `width` columns of y = or += x times a panel. */
template <int kRows>
inline void panelTile(const float* panel, const FewRows& few, int64_t width, bool add) {
  Lanes sum[kRows][2] = {};
  for (int64_t k = 0; k < few.depth; ++k) {
    const Lanes w0 = load(panel + k * kPanel), w1 = load(panel + k * kPanel + kLanes);
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r) {
      const float scalar = few.x[r * few.xStride + k];
      sum[r][0] += scalar * w0;
      sum[r][1] += scalar * w1;
    }
  }
  for (int r = 0; r < kRows; ++r) {
    float* y = few.y + r * few.yStride;
    if (width < kPanel) {
      for (int64_t j = 0; j < width; ++j)
        y[j] = add ? y[j] + sum[r][j / kLanes][j % kLanes] : sum[r][j / kLanes][j % kLanes];
    } else {
      Lanes* out = reinterpret_cast<Lanes*>(y);
      out[0] = add ? out[0] + sum[r][0] : sum[r][0];
      out[1] = add ? out[1] + sum[r][1] : sum[r][1];
    }
  }
}

constexpr int kDepthTile = 8;

template <int kDepth>
void accumulateRows(int64_t rows, const float* w, int64_t stride, const float* x, int64_t xStride, float* y,
                    int64_t yStride, int64_t begin, int64_t end) {
  int64_t r = 0;
  for (; r + 8 <= rows; r += 8)
    accumulate<8, kDepth>(w, stride, x + r * xStride, xStride, y + r * yStride, yStride, begin, end);
  for (; r + 2 <= rows; r += 2)
    accumulate<2, kDepth>(w, stride, x + r * xStride, xStride, y + r * yStride, yStride, begin, end);
  if (r < rows) accumulate<1, kDepth>(w, stride, x + r * xStride, xStride, y + r * yStride, yStride, begin, end);
}

}  // namespace

void dotRows(const float* w, const FewRows& few, int64_t begin, int64_t end) {
  constexpr int64_t kBlock = 1 << 16;  // floats of w that stay in the second-level cache for all rows of x
  const auto [x, xStride, rows, y, yStride, depth] = few;
  const int64_t block = depth < kBlock ? kBlock / depth : 1;
  for (int64_t first = begin; first < end; first += block) {
    const int64_t last = first + block < end ? first + block : end;
    int64_t r = 0;
    for (; r + kTileRows <= rows; r += kTileRows)
      for (int64_t j = first; j < last; ++j)
        dots<kTileRows>(w + j * depth, x + r * xStride, xStride, y + r * yStride + j, yStride, depth);
    for (; r + 2 <= rows; r += 2)
      for (int64_t j = first; j < last; ++j)
        dots<2>(w + j * depth, x + r * xStride, xStride, y + r * yStride + j, yStride, depth);
    if (r < rows)
      for (int64_t j = first; j < last; ++j)
        dots<1>(w + j * depth, x + r * xStride, xStride, y + r * yStride + j, yStride, depth);
  }
}

void dotColumns(const float* w, int64_t stride, const FewRows& few, int64_t begin, int64_t end) {
  const auto [x, xStride, rows, y, yStride, depth] = few;
  int64_t k = 0;
  for (; k + kDepthTile <= depth; k += kDepthTile)  // as many streams of memory as rows of w in a pass over y
    accumulateRows<kDepthTile>(rows, w + k * stride, stride, x + k, xStride, y, yStride, begin, end);
  for (; k < depth; ++k) accumulateRows<1>(rows, w + k * stride, stride, x + k, xStride, y, yStride, begin, end);
}

void dotPanels(const float* w, int64_t stride, const FewRows& few, int64_t columns, float* packed, bool add) {
  const auto [x, xStride, rows, y, yStride, depth] = few;
  for (int64_t j = 0; j < columns; j += kPanel)
    packPanel(w + j, stride, depth, columns - j < kPanel ? columns - j : kPanel, packed + j * depth);
  for (int64_t r = 0; r < rows;) {
    const int64_t left = rows - r;
    for (int64_t j = 0; j < columns; j += kPanel) {
      const FewRows tile{x + r * xStride, xStride, left, y + r * yStride + j, yStride, depth};
      const int64_t width = columns - j < kPanel ? columns - j : kPanel;
      if (left >= kTileRows)
        panelTile<kTileRows>(packed + j * depth, tile, width, add);
      else if (left >= 2)
        panelTile<2>(packed + j * depth, tile, width, add);
      else
        panelTile<1>(packed + j * depth, tile, width, add);
    }
    r += left >= kTileRows ? kTileRows : left >= 2 ? 2 : 1;
  }
}

}  // namespace trainer::CPU_CAPABILITY
