#include <algorithm>
#include <cmath>

#include "random.h"
#include "simd.h"
#include "small-gemm.h"
#include "vector-math.h"

// Causal attention of one head, a block of queries at a time, in the manner of FlashAttention (Dao et al. 2022) but
// with whole rows of scores, which fit the cache at the lengths a CPU trains. What lies above the diagonal is not
// computed.

namespace trainer::CPU_CAPABILITY {

namespace {

constexpr int64_t kQueries = 64;

/** (rows, columns) with any row stride -> (rows, padded columns), zeros behind. */
void pack(const float* from, int64_t stride, int64_t rows, int64_t columns, float* to) {
  const int64_t width = padded(columns);
  for (int64_t i = 0; i < rows; ++i) {
    float* out = to + i * width;
    for (int64_t j = 0; j < columns; ++j) out[j] = from[i * stride + j];
    for (int64_t j = columns; j < width; ++j) out[j] = 0;
  }
}

/** (rows, columns) with any row stride -> (columns, padded rows), zeros behind. */
void packTransposed(const float* from, int64_t stride, int64_t rows, int64_t columns, float* to) {
  const int64_t width = padded(rows);
  constexpr int64_t kBlock = 16;
  for (int64_t i0 = 0; i0 < rows; i0 += kBlock)
    for (int64_t j = 0; j < columns; ++j)
      for (int64_t i = i0; i < std::min(rows, i0 + kBlock); ++i) to[j * width + i] = from[i * stride + j];
  for (int64_t j = 0; j < columns; ++j)
    for (int64_t i = rows; i < width; ++i) to[j * width + i] = 0;
}

/** scores (rows, >= end) = queries times keys, only up to the diagonal's tile. `first` is the first query's position.
 */
void scoresOf(const float* q, int64_t stride, int64_t first, int64_t rows, int64_t headSize, const float* keysT,
              int64_t width, float* scores) {
  for (int64_t i = 0; i < rows; i += kTileRows) {
    const int64_t n = std::min<int64_t>(kTileRows, rows - i);
    gemmRows(n, first + i + n, headSize, {q + (first + i) * stride, stride, 1}, keysT, width, scores + i * width, width,
             false);
  }
}

/** out (rows, padded headSize) = weights (rows, up to the diagonal) times values. */
void weightedSum(const float* weights, int64_t width, int64_t first, int64_t rows, int64_t headSize,
                 const float* values, float* out) {
  const int64_t outWidth = padded(headSize);
  for (int64_t i = 0; i < rows; i += kTileRows) {
    const int64_t n = std::min<int64_t>(kTileRows, rows - i);
    gemmRows(n, headSize, first + i + n, {weights + i * width, width, 1}, values, outWidth, out + i * outWidth,
             outWidth, false);
  }
}

/** out (keys, padded headSize) += weights^T times rows, for every key that some query of the block sees. */
void scatterSum(const float* weights, int64_t width, int64_t first, int64_t rows, int64_t headSize, const float* values,
                float* out) {
  const int64_t outWidth = padded(headSize);
  for (int64_t key = 0; key < first + rows; key += kTileRows) {
    const int64_t n = std::min<int64_t>(kTileRows, first + rows - key);
    const int64_t skip = std::max<int64_t>(0, key - first);  // earlier queries do not see this key
    gemmRows(n, headSize, rows - skip, {weights + skip * width + key, 1, width}, values + skip * outWidth, outWidth,
             out + key * outWidth, outWidth, true);
  }
}

}  // namespace

int64_t attentionScratch(int64_t length, int64_t headSize, bool backward) {
  const int64_t across = headSize * padded(length);
  const int64_t along = length * padded(headSize);
  const int64_t scores = kQueries * padded(length);
  const int64_t block = kQueries * padded(headSize);
  return backward ? 2 * across + 5 * along + 2 * scores + block : across + along + scores + block;
}

void attentionForward(const float* q, const float* k, const float* v, float* out, float* logSumExp, float* scratch,
                      const AttentionShape& s) {
  const int64_t width = padded(s.length);
  const int64_t headWidth = padded(s.headSize);
  float* keysT = scratch;
  float* values = keysT + s.headSize * width;
  float* scores = values + s.length * headWidth;
  float* block = scores + kQueries * width;
  packTransposed(k, s.stride, s.length, s.headSize, keysT);
  pack(v, s.stride, s.length, s.headSize, values);
  const uint32_t threshold = dropThreshold(s.dropout);
  const float scale = s.scale;
  for (int64_t first = 0; first < s.length; first += kQueries) {
    const int64_t rows = std::min(kQueries, s.length - first);
    scoresOf(q, s.stride, first, rows, s.headSize, keysT, width, scores);
    for (int64_t i = 0; i < rows; ++i) {
      float* row = scores + i * width;
      const int64_t seen = first + i + 1;
      float highest = row[0];
#pragma omp simd reduction(max : highest)
      for (int64_t j = 0; j < seen; ++j) highest = row[j] > highest ? row[j] : highest;
      float sum = 0;
#pragma omp simd reduction(+ : sum)
      for (int64_t j = 0; j < seen; ++j) {
        const float e = expApprox((row[j] - highest) * scale);
        row[j] = e;
        sum += e;
      }
      logSumExp[first + i] = highest * scale + std::log(sum);
      const float normal = 1.0f / (sum * (1.0f - s.dropout));
      if (threshold == 0) {
#pragma omp simd
        for (int64_t j = 0; j < seen; ++j) row[j] *= normal;
      } else {
        const RowKey key = rowKey(s.seed, s.firstRow + first + i);
#pragma omp simd
        for (int64_t j = 0; j < seen; ++j)
          row[j] = randomBits(key, static_cast<uint32_t>(j)) >= threshold ? row[j] * normal : 0.0f;
      }
      for (int64_t j = seen; j < std::min(width, seen + kTileRows); ++j) row[j] = 0;  // the rest of the diagonal's tile
    }
    weightedSum(scores, width, first, rows, s.headSize, values, block);
    for (int64_t i = 0; i < rows; ++i)
      for (int64_t j = 0; j < s.headSize; ++j) out[(first + i) * s.outStride + j] = block[i * headWidth + j];
  }
}

void attentionBackward(const float* q, const float* k, const float* v, const float* out, const float* dOut,
                       const float* logSumExp, float* dQ, float* dK, float* dV, float* scratch,
                       const AttentionShape& s) {
  const int64_t width = padded(s.length);
  const int64_t headWidth = padded(s.headSize);
  const int64_t along = s.length * headWidth;
  float* keysT = scratch;
  float* valuesT = keysT + s.headSize * width;
  float* keys = valuesT + s.headSize * width;
  float* queries = keys + along;
  float* grads = queries + along;
  float* keyGrads = grads + along;
  float* valueGrads = keyGrads + along;
  float* weights = valueGrads + along;
  float* weightGrads = weights + kQueries * width;
  float* block = weightGrads + kQueries * width;
  packTransposed(k, s.stride, s.length, s.headSize, keysT);
  packTransposed(v, s.stride, s.length, s.headSize, valuesT);
  pack(k, s.stride, s.length, s.headSize, keys);
  pack(q, s.stride, s.length, s.headSize, queries);
  pack(dOut, s.outStride, s.length, s.headSize, grads);
  std::fill(keyGrads, weights, 0.0f);
  const uint32_t threshold = dropThreshold(s.dropout);
  const float keepScale = 1.0f / (1.0f - s.dropout);
  const float scale = s.scale;
  for (int64_t first = 0; first < s.length; first += kQueries) {
    const int64_t rows = std::min(kQueries, s.length - first);
    scoresOf(q, s.stride, first, rows, s.headSize, keysT, width, weights);
    scoresOf(dOut, s.outStride, first, rows, s.headSize, valuesT, width, weightGrads);
    for (int64_t i = 0; i < rows; ++i) {
      const int64_t token = first + i;
      const int64_t seen = token + 1;
      float* w = weights + i * width;
      float* g = weightGrads + i * width;
      const float* o = out + token * s.outStride;
      const float* d = dOut + token * s.outStride;
      float dot = 0;
#pragma omp simd reduction(+ : dot)
      for (int64_t j = 0; j < s.headSize; ++j) dot += o[j] * d[j];
      const float lse = logSumExp[token];
      if (threshold == 0) {
#pragma omp simd
        for (int64_t j = 0; j < seen; ++j) {
          const float p = expApprox(w[j] * scale - lse);
          w[j] = p;
          g[j] = p * (g[j] - dot) * scale;
        }
      } else {
        const RowKey key = rowKey(s.seed, s.firstRow + token);
#pragma omp simd
        for (int64_t j = 0; j < seen; ++j) {
          const float p = expApprox(w[j] * scale - lse);
          const float kept = randomBits(key, static_cast<uint32_t>(j)) >= threshold ? keepScale : 0.0f;
          w[j] = p * kept;
          g[j] = p * (g[j] * kept - dot) * scale;
        }
      }
      for (int64_t j = seen; j < std::min(width, seen + kTileRows); ++j) w[j] = g[j] = 0;
    }
    scatterSum(weights, width, first, rows, s.headSize, grads + first * headWidth, valueGrads);
    scatterSum(weightGrads, width, first, rows, s.headSize, queries + first * headWidth, keyGrads);
    weightedSum(weightGrads, width, first, rows, s.headSize, keys, block);
    for (int64_t i = 0; i < rows; ++i)
      for (int64_t j = 0; j < s.headSize; ++j) dQ[(first + i) * s.stride + j] = block[i * headWidth + j];
  }
  for (int64_t i = 0; i < s.length; ++i)
    for (int64_t j = 0; j < s.headSize; ++j) {
      dK[i * s.stride + j] = keyGrads[i * headWidth + j];
      dV[i * s.stride + j] = valueGrads[i * headWidth + j];
    }
}

}  // namespace trainer::CPU_CAPABILITY
