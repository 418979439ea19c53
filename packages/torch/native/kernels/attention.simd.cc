#include <algorithm>
#include <cmath>

#include "random.h"
#include "simd.h"
#include "small-gemm.h"
#include "softmax.h"
#include "vector-math.h"

// Causal attention of the query heads that share a head of keys and values, a block of queries at a time, in the manner
// of FlashAttention (Dao et al. 2022) but with whole rows of scores, which fit the cache at the lengths a CPU trains.
// Scores above the diagonal are not computed. Norms and rotations of queries and keys are applied as they are packed.

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

float inverseRms(const float* x, int64_t size, float eps) {
  float squares = 0;
#pragma omp simd reduction(+ : squares)
  for (int64_t j = 0; j < size; ++j) squares += x[j] * x[j];
  return 1.0f / std::sqrt(squares / static_cast<float>(size) + eps);
}

bool isPlain(const AttentionShape& s, const float* weight) { return s.cos == nullptr && weight == nullptr; }

/** Packs queries or keys, normed by `weight` (Zhang & Sennrich 2019) and turned by their positions (Su et al. 2021). */
void packTurned(const float* from, const float* weight, const AttentionShape& s, float* to) {
  const int64_t width = padded(s.headSize), half = s.headSize / 2;
  pack(from, s.stride, s.length, s.headSize, to);
  if (weight != nullptr)
    for (int64_t i = 0; i < s.length; ++i) {
      float* row = to + i * width;
      const float r = inverseRms(row, s.headSize, s.eps);
#pragma omp simd
      for (int64_t j = 0; j < s.headSize; ++j) row[j] *= r * weight[j];
    }
  if (s.cos != nullptr)
    for (int64_t i = 0; i < s.length; ++i) {
      float *first = to + i * width, *second = first + half;
      const float *cos = s.cos + i * s.headSize, *sin = s.sin + i * s.headSize;
#pragma omp simd
      for (int64_t j = 0; j < half; ++j) {
        const float a = first[j], b = second[j];
        first[j] = a * cos[j] - b * sin[j];
        second[j] = b * cos[half + j] + a * sin[half + j];
      }
    }
}

/** The gradient of what was packed (rows from position `begin` on, changed) becomes that of what it was made of. */
void unpackGradient(float* grads, const float* from, const float* weight, float* dWeight, int64_t begin, int64_t rows,
                    const AttentionShape& s, float* to) {
  const int64_t width = padded(s.headSize), half = s.headSize / 2;
  for (int64_t i = 0; i < rows; ++i) {
    float* g = grads + i * width;
    float* out = to + (begin + i) * s.stride;
    if (s.cos != nullptr) {
      const float *cos = s.cos + (begin + i) * s.headSize, *sin = s.sin + (begin + i) * s.headSize;
#pragma omp simd
      for (int64_t j = 0; j < half; ++j) {
        const float a = g[j], b = g[half + j];
        g[j] = a * cos[j] + b * sin[half + j];
        g[half + j] = b * cos[half + j] - a * sin[j];
      }
    }
    if (weight == nullptr) {
      for (int64_t j = 0; j < s.headSize; ++j) out[j] = g[j];
      continue;
    }
    const float* x = from + (begin + i) * s.stride;
    const float r = inverseRms(x, s.headSize, s.eps);
    float dot = 0;
#pragma omp simd reduction(+ : dot)
    for (int64_t j = 0; j < s.headSize; ++j) {
      const float hat = x[j] * r;
      dWeight[j] += g[j] * hat;
      dot += g[j] * weight[j] * hat;
    }
    const float mean = dot / static_cast<float>(s.headSize);
#pragma omp simd
    for (int64_t j = 0; j < s.headSize; ++j) out[j] = r * (g[j] * weight[j] - x[j] * r * mean);
  }
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
  return backward ? 2 * across + 5 * along + 2 * scores + block : across + 2 * along + scores + block;
}

namespace {

void headForward(const float* q, int64_t qStride, const float* keysT, const float* values, float* out, float* logSumExp,
                 float* scores, float* block, uint64_t firstRow, const AttentionShape& s) {
  const int64_t width = padded(s.length);
  const int64_t headWidth = padded(s.headSize);
  const uint32_t threshold = dropThreshold(s.dropout);
  const float scale = s.scale;
  for (int64_t first = 0; first < s.length; first += kQueries) {
    const int64_t rows = std::min(kQueries, s.length - first);
    scoresOf(q, qStride, first, rows, s.headSize, keysT, width, scores);
    for (int64_t i = 0; i < rows; ++i) {
      float* row = scores + i * width;
      const int64_t seen = first + i + 1;
      float highest;
      const float sum = exponentials(row, seen, scale, highest);
      logSumExp[first + i] = highest * scale + std::log(sum);
      const float normal = 1.0f / (sum * (1.0f - s.dropout));
      if (threshold == 0) {
#pragma omp simd
        for (int64_t j = 0; j < seen; ++j) row[j] *= normal;
      } else {
        const RowKey key = rowKey(s.seed, firstRow + first + i);
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

}  // namespace

void attentionForward(const AttentionHead& head, const AttentionShape& s, float* out, float* logSumExp,
                      float* scratch) {
  const auto [q, k, v] = head;
  const int64_t width = padded(s.length);
  const int64_t headWidth = padded(s.headSize);
  float* keysT = scratch;
  float* values = keysT + s.headSize * width;
  float* turned = values + s.length * headWidth;
  float* scores = turned + s.length * headWidth;
  float* block = scores + kQueries * width;
  if (isPlain(s, s.kWeight)) {
    packTransposed(k, s.stride, s.length, s.headSize, keysT);
  } else {
    packTurned(k, s.kWeight, s, turned);
    packTransposed(turned, headWidth, s.length, s.headSize, keysT);
  }
  pack(v, s.stride, s.length, s.headSize, values);
  const bool plain = isPlain(s, s.qWeight);
  for (int64_t group = 0; group < s.groups; ++group) {
    const float* queries = q + group * s.headSize;
    if (!plain) packTurned(queries, s.qWeight, s, turned);
    headForward(plain ? queries : turned, plain ? s.stride : headWidth, keysT, values, out + group * s.headSize,
                logSumExp + group * s.length, scores, block, s.firstRow + group * s.length, s);
  }
}

namespace {

/** The backward pass's scratch. */
struct Packed {
  float *keysT, *valuesT;                // (hs, padded T)
  float *keys, *queries, *grads;         // (T, padded hs): turned keys and queries, gradients of the output
  float *keyGrads, *valueGrads;          // the same, sums over the query heads
  float *weights, *weightGrads, *block;  // (kQueries, padded T) twice, (kQueries, padded hs)
};

void headBackward(const float* q, const float* out, const float* dOut, const float* logSumExp, float* dQ,
                  float* dQWeight, const Packed& m, uint64_t firstRow, const AttentionShape& s) {
  const int64_t width = padded(s.length);
  const int64_t headWidth = padded(s.headSize);
  const uint32_t threshold = dropThreshold(s.dropout);
  const float keepScale = 1.0f / (1.0f - s.dropout);
  const float scale = s.scale;
  for (int64_t first = 0; first < s.length; first += kQueries) {
    const int64_t rows = std::min(kQueries, s.length - first);
    scoresOf(m.queries, headWidth, first, rows, s.headSize, m.keysT, width, m.weights);
    scoresOf(dOut, s.outStride, first, rows, s.headSize, m.valuesT, width, m.weightGrads);
    for (int64_t i = 0; i < rows; ++i) {
      const int64_t token = first + i;
      const int64_t seen = token + 1;
      float* w = m.weights + i * width;
      float* g = m.weightGrads + i * width;
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
        const RowKey key = rowKey(s.seed, firstRow + token);
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
    scatterSum(m.weights, width, first, rows, s.headSize, m.grads + first * headWidth, m.valueGrads);
    scatterSum(m.weightGrads, width, first, rows, s.headSize, m.queries + first * headWidth, m.keyGrads);
    weightedSum(m.weightGrads, width, first, rows, s.headSize, m.keys, m.block);
    unpackGradient(m.block, q, s.qWeight, dQWeight, first, rows, s, dQ);
  }
}

}  // namespace

void attentionBackward(const AttentionHead& head, const AttentionGradients& gradients, const AttentionShape& s,
                       float* scratch) {
  const auto [q, k, v] = head;
  const auto [out, logSumExp, dOut, dQ, dK, dV, dQWeight, dKWeight] = gradients;
  const int64_t width = padded(s.length);
  const int64_t headWidth = padded(s.headSize);
  const int64_t across = s.headSize * width, along = s.length * headWidth;
  Packed m;
  m.keysT = scratch;
  m.valuesT = m.keysT + across;
  m.keys = m.valuesT + across;
  m.queries = m.keys + along;
  m.grads = m.queries + along;
  m.keyGrads = m.grads + along;
  m.valueGrads = m.keyGrads + along;
  m.weights = m.valueGrads + along;
  m.weightGrads = m.weights + kQueries * width;
  m.block = m.weightGrads + kQueries * width;
  packTurned(k, s.kWeight, s, m.keys);
  packTransposed(m.keys, headWidth, s.length, s.headSize, m.keysT);
  packTransposed(v, s.stride, s.length, s.headSize, m.valuesT);
  std::fill(m.keyGrads, m.weights, 0.0f);
  for (int64_t group = 0; group < s.groups; ++group) {
    const int64_t at = group * s.headSize;
    packTurned(q + at, s.qWeight, s, m.queries);
    pack(dOut + at, s.outStride, s.length, s.headSize, m.grads);
    headBackward(q + at, out + at, dOut + at, logSumExp + group * s.length, dQ + at, dQWeight, m,
                 s.firstRow + group * s.length, s);
  }
  unpackGradient(m.keyGrads, k, s.kWeight, dKWeight, 0, s.length, s, dK);
  for (int64_t i = 0; i < s.length; ++i)
    for (int64_t j = 0; j < s.headSize; ++j) dV[i * s.stride + j] = m.valueGrads[i * headWidth + j];
}

}  // namespace trainer::CPU_CAPABILITY
