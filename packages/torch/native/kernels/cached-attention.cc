#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "checks.h"
#include "library.h"
#include "table.h"

namespace trainer {

namespace {

constexpr const char* kOp = "cached_attention";

at::Tensor withFullRows(const at::Tensor& t) { return t.stride(-1) == 1 ? t : t.contiguous(); }

/** Writes the keys or the values of one token a sequence, (B, nkv, 1, hs), to their place in the cache. */
void store(const at::Tensor& cache, const at::Tensor& token, int64_t place) {
  const int64_t batch = cache.size(0), heads = cache.size(1), size = cache.size(3);
  const float* from = token.const_data_ptr<float>();
  float* to = cache.mutable_data_ptr<float>();
  for (int64_t b = 0; b < batch; ++b)
    for (int64_t h = 0; h < heads; ++h)
      std::copy_n(from + b * token.stride(0) + h * token.stride(1), size,
                  to + b * cache.stride(0) + h * cache.stride(1) + place * size);
}

/** Each head of each sequence by itself: what it gives does not depend on the other sequences, nor on threads. */
at::Tensor cachedAttention(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                           const at::Tensor& keys, const at::Tensor& values, int64_t past) {
  requireFloat(query, kOp, "q", 4);
  requireFloat(key, kOp, "k", 4);
  requireFloat(value, kOp, "v", 4);
  requireFloat(keys, kOp, "keys", 4);
  requireFloat(values, kOp, "values", 4);
  const int64_t batch = query.size(0), heads = query.size(1), shared = keys.size(1), size = query.size(3);
  TORCH_CHECK(
      query.numel() > 0 && query.size(2) == 1 && shared > 0 && heads % shared == 0 && key.sizes() == value.sizes() &&
          key.sizes() == at::IntArrayRef({batch, shared, 1, size}) && keys.sizes() == values.sizes() &&
          keys.sizes() == at::IntArrayRef({batch, shared, keys.size(2), size}),
      kOp, ": q (B, nh, 1, hs), k and v (B, nkv, 1, hs), keys and values (B, nkv, N, hs) do not fit: ", query.sizes(),
      ", ", key.sizes(), ", ", value.sizes(), ", ", keys.sizes(), ", ", values.sizes());
  TORCH_CHECK(keys.is_contiguous() && values.is_contiguous(), kOp, ": keys and values must be contiguous");
  TORCH_CHECK(past >= 0 && past < keys.size(2), kOp, ": there is no place ", past, " in a cache of ", keys.size(2));
  TORCH_CHECK(!needsGrad({query, key, value, keys, values}), kOp, ": it has no gradient");
  store(keys, withFullRows(key), past);
  store(values, withFullRows(value), past);

  const at::Tensor q = withFullRows(query);
  const at::Tensor out = at::zeros({batch, heads, 1, size}, q.options());
  const int64_t length = past + 1, groups = heads / shared, capacity = keys.size(2);
  const float scale = 1.0f / std::sqrt(static_cast<float>(size));
  const float *qData = q.const_data_ptr<float>(), *kData = keys.const_data_ptr<float>();
  const float* vData = values.const_data_ptr<float>();
  float* outData = out.mutable_data_ptr<float>();
  const int64_t grain = std::max<int64_t>(1, (1 << 14) / (length * size * groups));
  at::parallel_for(0, batch * shared, grain, [&](int64_t begin, int64_t end) {
    std::vector<float> weights(static_cast<size_t>(groups * length));
    for (int64_t i = begin; i < end; ++i) {
      const int64_t b = i / shared, h = i % shared;
      const float* own = qData + b * q.stride(0) + h * groups * q.stride(1);
      kernels().dotRows(kData + i * capacity * size, own, q.stride(1), groups, weights.data(), length, 0, length, size);
      for (int64_t g = 0; g < groups; ++g) kernels().softmaxRow(weights.data() + g * length, length, scale);
      kernels().dotColumns(vData + i * capacity * size, size, weights.data(), length, groups,
                           outData + i * groups * size, size, 0, size, length);
    }
  });
  return out;
}

}  // namespace

void defineCachedAttention(torch::Library& m) {
  m.def(
      "cached_attention(Tensor q, Tensor k, Tensor v, Tensor(a!) keys, Tensor(b!) values, int past) -> "
      "Tensor",
      &cachedAttention);
}

}  // namespace trainer
