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

at::Tensor withFullRows(const at::Tensor& t) { return t.stride(-1) == 1 ? t : t.contiguous(); }

/** Number of tokens of each sequence in the cache: one number for all, or one each. */
struct Past {
  int64_t same;
  const int64_t* each;

  int64_t of(int64_t b) const { return each == nullptr ? same : each[b]; }
};

/** Writes the keys or the values of one token a sequence, (B, nkv, 1, hs), to their places in the cache. */
void store(const at::Tensor& cache, const at::Tensor& token, const Past& past) {
  const int64_t batch = cache.size(0), heads = cache.size(1), size = cache.size(3);
  const float* from = token.const_data_ptr<float>();
  float* to = cache.mutable_data_ptr<float>();
  for (int64_t b = 0; b < batch; ++b)
    for (int64_t h = 0; h < heads; ++h)
      std::copy_n(from + b * token.stride(0) + h * token.stride(1), size,
                  to + b * cache.stride(0) + h * cache.stride(1) + past.of(b) * size);
}

/** Each head of each sequence by itself: what it gives does not depend on the other sequences, nor on threads. */
at::Tensor attend(const char* op, const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                  const at::Tensor& keys, const at::Tensor& values, const Past& past) {
  requireFloat(query, op, "q", 4);
  requireFloat(key, op, "k", 4);
  requireFloat(value, op, "v", 4);
  requireFloat(keys, op, "keys", 4);
  requireFloat(values, op, "values", 4);
  const int64_t batch = query.size(0), heads = query.size(1), shared = keys.size(1), size = query.size(3);
  TORCH_CHECK(
      query.numel() > 0 && query.size(2) == 1 && shared > 0 && heads % shared == 0 && key.sizes() == value.sizes() &&
          key.sizes() == at::IntArrayRef({batch, shared, 1, size}) && keys.sizes() == values.sizes() &&
          keys.sizes() == at::IntArrayRef({batch, shared, keys.size(2), size}),
      op, ": q (B, nh, 1, hs), k and v (B, nkv, 1, hs), keys and values (B, nkv, N, hs) do not fit: ", query.sizes(),
      ", ", key.sizes(), ", ", value.sizes(), ", ", keys.sizes(), ", ", values.sizes());
  TORCH_CHECK(keys.is_contiguous() && values.is_contiguous(), op, ": keys and values must be contiguous");
  const int64_t groups = heads / shared, capacity = keys.size(2);
  int64_t longest = 0;
  for (int64_t b = 0; b < batch; ++b) {
    const int64_t place = past.of(b);
    TORCH_CHECK(place >= 0 && place < capacity, op, ": there is no place ", place, " in a cache of ", capacity);
    longest = std::max(longest, place + 1);
  }
  TORCH_CHECK(!needsGrad({query, key, value, keys, values}), op, ": it has no gradient");
  store(keys, withFullRows(key), past);
  store(values, withFullRows(value), past);

  const at::Tensor q = withFullRows(query);
  const at::Tensor out = at::zeros({batch, heads, 1, size}, q.options());
  const float scale = 1.0f / std::sqrt(static_cast<float>(size));
  const float *qData = q.const_data_ptr<float>(), *kData = keys.const_data_ptr<float>();
  const float* vData = values.const_data_ptr<float>();
  float* outData = out.mutable_data_ptr<float>();
  const int64_t grain = std::max<int64_t>(1, (1 << 14) / (longest * size * groups));
  at::parallel_for(0, batch * shared, grain, [&](int64_t begin, int64_t end) {
    std::vector<float> weights(static_cast<size_t>(groups * longest));
    for (int64_t i = begin; i < end; ++i) {
      const int64_t b = i / shared, h = i % shared, length = past.of(b) + 1;
      const float* own = qData + b * q.stride(0) + h * groups * q.stride(1);
      kernels().dotRows(kData + i * capacity * size, {own, q.stride(1), groups, weights.data(), length, size}, 0,
                        length);
      for (int64_t g = 0; g < groups; ++g) kernels().softmaxRow(weights.data() + g * length, length, scale);
      const FewRows sums{weights.data(), length, groups, outData + i * groups * size, size, length};
      kernels().dotColumns(vData + i * capacity * size, size, sums, 0, size);
    }
  });
  return out;
}

at::Tensor cachedAttention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const at::Tensor& keys,
                           const at::Tensor& values, int64_t past) {
  return attend("cached_attention", q, k, v, keys, values, {past, nullptr});
}

at::Tensor raggedAttention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const at::Tensor& keys,
                           const at::Tensor& values, const at::Tensor& lengths) {
  constexpr const char* kOp = "ragged_attention";
  TORCH_CHECK(lengths.device().is_cpu() && lengths.scalar_type() == at::kLong && lengths.is_contiguous() &&
                  q.dim() > 0 && lengths.sizes() == at::IntArrayRef({q.size(0)}),
              kOp, ": lengths must be one int64 a sequence, not ", lengths.sizes(), " of ", lengths.scalar_type());
  return attend(kOp, q, k, v, keys, values, {0, lengths.const_data_ptr<int64_t>()});
}

}  // namespace

TRAINER_OPERATORS(m) {
  m.def(
      "cached_attention(Tensor q, Tensor k, Tensor v, Tensor(a!) keys, Tensor(b!) values, int past) -> "
      "Tensor",
      &cachedAttention);
  m.def(
      "ragged_attention(Tensor q, Tensor k, Tensor v, Tensor(a!) keys, Tensor(b!) values, Tensor lengths) -> "
      "Tensor",
      &raggedAttention);
}

}  // namespace trainer
