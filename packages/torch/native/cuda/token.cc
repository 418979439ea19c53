#include <ATen/ops/empty.h>
#include <torch/library.h>

#include <algorithm>
#include <cmath>

#include "kernels/checks.h"
#include "rows.h"

// One more token of each of a few sequences: attention to a cache, and products that read a weight once.

namespace trainer::cuda {

namespace {

void requireFloat32(const at::Tensor& t, const char* op, const char* name, int64_t dim) {
  requireOnGpu(t, op, name, dim);
  TORCH_CHECK(t.scalar_type() == at::kFloat, op, ": ", name, " must be float32");
}

/** Heads of one token a sequence as the kernel reads them: (B, heads, 1, hs), heads side by side and rows anywhere. */
at::Tensor withHeadsTogether(const at::Tensor& t) {
  const bool together = t.stride(3) == 1 && (t.size(1) == 1 || t.stride(1) == t.size(3)) && t.stride(0) % 4 == 0 &&
                        t.storage_offset() % 4 == 0;
  return together ? t : t.contiguous();
}

/** Threads of a block whose partial results fit the shared memory that needs no opt-in. */
uint32_t threadsOf(int64_t size, int64_t groups, int64_t elementSize) {
  const int64_t vectors = size * elementSize / 16;
  int64_t lanes = 1;
  while (lanes < 32 && lanes < vectors) lanes *= 2;
  for (const uint32_t threads : {512U, 256U, 128U, 64U})
    if (threads / lanes * groups * (size + 2) * 4 <= (48 << 10) && (threads <= 256 || groups == 1)) return threads;
  return 32;
}

at::Tensor raggedAttention(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                           const at::Tensor& keys, const at::Tensor& values, const at::Tensor& lengths) {
  constexpr const char* kOp = "ragged_attention";
  requireFloat32(query, kOp, "q", 4);
  requireFloat32(key, kOp, "k", 4);
  requireFloat32(value, kOp, "v", 4);
  requireOnGpu(keys, kOp, "keys", 4);
  requireOnGpu(values, kOp, "values", 4);
  const int64_t batch = query.size(0), heads = query.size(1), shared = keys.size(1), size = query.size(3);
  TORCH_CHECK(
      query.numel() > 0 && query.size(2) == 1 && shared > 0 && heads % shared == 0 && key.sizes() == value.sizes() &&
          key.sizes() == at::IntArrayRef({batch, shared, 1, size}) && keys.sizes() == values.sizes() &&
          keys.sizes() == at::IntArrayRef({batch, shared, keys.size(2), size}),
      kOp, ": q (B, nh, 1, hs), k and v (B, nkv, 1, hs), keys and values (B, nkv, N, hs) do not fit: ", query.sizes(),
      ", ", key.sizes(), ", ", value.sizes(), ", ", keys.sizes(), ", ", values.sizes());
  TORCH_CHECK(keys.is_contiguous() && values.is_contiguous() && keys.scalar_type() == values.scalar_type(), kOp,
              ": keys and values must be contiguous and of one type");
  TORCH_CHECK(isOnGpu(lengths) && lengths.scalar_type() == at::kLong && lengths.is_contiguous() &&
                  lengths.sizes() == at::IntArrayRef({batch}),
              kOp, ": lengths must be one int64 a sequence");
  TORCH_CHECK(!needsGrad({query, key, value, keys, values}), kOp, ": it has no gradient");
  const int64_t groups = heads / shared, elementSize = keys.element_size();
  TORCH_CHECK(size * elementSize % 16 == 0 && size <= 256 && groups <= 8, kOp, ": heads of ", size, " numbers, ",
              groups, " for each key, are not supported");
  const at::Tensor q = withHeadsTogether(query), k = withHeadsTogether(key), v = withHeadsTogether(value);
  const at::Tensor y = at::empty({batch, heads, 1, size}, query.options());
  const uint32_t threads = threadsOf(size, groups, elementSize);
  const std::string constants =
      "HS=" + std::to_string(size) + " GROUPS=" + std::to_string(groups) + " THREADS=" + std::to_string(threads);
  Kernel("token-attention", "attendToken", keys.scalar_type(), constants)(
      {.blocks = static_cast<uint32_t>(shared), .threads = threads, .blocksY = static_cast<uint32_t>(batch)}, in(q),
      in(k), in(v), out(keys), out(values), in(lengths), out(y), q.stride(0), k.stride(0), v.stride(0),
      static_cast<int32_t>(keys.size(2)), 1.0f / std::sqrt(static_cast<float>(size)));
  return y;
}

/** Queries and keys of one token a sequence, normed and turned: qkv (B, 1, (nh + 2 nkv) hs), cos and sin (B, ..., hs).
 */
std::tuple<at::Tensor, at::Tensor> unpackToken(const at::Tensor& qkv, int64_t heads, int64_t kvHeads,
                                               const std::optional<at::Tensor>& cos,
                                               const std::optional<at::Tensor>& sin,
                                               const std::optional<at::Tensor>& qWeight,
                                               const std::optional<at::Tensor>& kWeight, double eps) {
  constexpr const char* kOp = "unpack_token";
  requireFloat32(qkv, kOp, "qkv", 3);
  TORCH_CHECK(
      heads > 0 && kvHeads > 0 && qkv.numel() > 0 && qkv.size(1) == 1 && qkv.size(2) % (heads + 2 * kvHeads) == 0, kOp,
      ": qkv must be (B, 1, (nh + 2 nkv) hs), not ", qkv.sizes());
  const int64_t batch = qkv.size(0), size = qkv.size(2) / (heads + 2 * kvHeads);
  TORCH_CHECK(size % 2 == 0 && size <= 256, kOp, ": heads of ", size, " numbers are not supported");
  const auto present = [&](const std::optional<at::Tensor>& t, int64_t numel, const char* name) {
    if (!t) return at::Tensor();
    requireFloat32(*t, kOp, name, -1);
    TORCH_CHECK(t->numel() == numel, kOp, ": ", name, " must have ", numel, " elements, not ", t->numel());
    return t->contiguous();
  };
  TORCH_CHECK(cos.has_value() == sin.has_value() && qWeight.has_value() == kWeight.has_value(), kOp,
              ": cos and sin, and the weights of queries and keys, go together");
  TORCH_CHECK(!needsGrad({qkv}), kOp, ": it has no gradient");
  const at::Tensor c = present(cos, batch * size, "cos"), s = present(sin, batch * size, "sin");
  const at::Tensor wq = present(qWeight, size, "q_weight"), wk = present(kWeight, size, "k_weight");
  const at::Tensor from = qkv.contiguous();
  const at::Tensor q = at::empty({batch, heads, 1, size}, qkv.options());
  const at::Tensor k = at::empty({batch, kvHeads, 1, size}, qkv.options());
  // The kernel's positions are tokens of one sequence: here they are sequences of one token.
  const std::string constants =
      "HEAD_SIZE=" + std::to_string(size) + " NORMED=" + (qWeight ? "1" : "0") + " ROTATED=" + (cos ? "1" : "0");
  Kernel("qkv", "unpack", at::kFloat, constants)(
      {.blocks = blocksFor(batch * (heads + kvHeads), headsOfQkvBlock(size)), .threads = kQkvThreads}, in(from), in(c),
      in(s), in(wq), in(wk), out(q), out(k), batch, static_cast<int32_t>(batch), static_cast<int32_t>(heads),
      static_cast<int32_t>(kvHeads), static_cast<float>(eps));
  return {q, k};
}

/** Division of a product by a weight of few rows. */
struct Division {
  int64_t rows, outs, split, vector, unroll;

  std::string constants(bool int8) const {
    return std::string("INT8=") + (int8 ? "1" : "0") + " ROWS=" + std::to_string(rows) +
           " OUTS=" + std::to_string(outs) + " SPLIT=" + std::to_string(split) + " VEC=" + std::to_string(vector) +
           " UNROLL=" + std::to_string(unroll);
  }
};

constexpr int64_t kWarps = 8;  // of a block, as matrix-vector.cu has it

Division divisionOf(int64_t rows, int64_t outputs, int64_t depth, int64_t group, bool int8) {
  constexpr int64_t kLanes = 32;
  if (rows == 1) {
    // The widest loads, 16 bytes, or half as wide where these leave no lane idle.
    const int64_t widest = int8 ? 16 : 8, half = widest / 2;
    const auto divides = [&](int64_t vector) { return depth % vector == 0 && group % vector == 0; };
    const bool even = divides(widest) && depth / widest % kLanes == 0;
    const int64_t vector = even || (divides(widest) && depth / half % kLanes != 0) ? widest : divides(half) ? half : 4;
    const bool deep = depth / vector >= 8 * kLanes;
    if (outputs >= 16384 && !deep) return {1, 4, 1, vector, 2};
    return {1, 1, deep ? 4 : 1, vector, 4};
  }
  const bool deep = depth / 4 >= 16 * kLanes;
  const int64_t padded = rows <= 2 ? 2 : rows <= 4 ? 4 : rows <= 8 ? 8 : 16;
  if (padded <= 4) return {padded, 2, deep ? 8 : 4, 4, 2};
  return {padded, 4, outputs >= 16384 ? 2 : deep ? 8 : 4, 4, 1};
}

constexpr int64_t kFew = 16;       // rows
constexpr int64_t kRanked = 1024;  // ids, as sample.cu has it

at::Tensor quantizedLinear(const at::Tensor& x, const at::Tensor& weight, const std::optional<at::Tensor>& scales,
                           const std::optional<at::Tensor>& bias, bool gelu) {
  constexpr const char* kOp = "quantized_linear";
  requireFloat32(x, kOp, "x", -1);
  TORCH_CHECK(isOnGpu(weight) && weight.dim() == 2 && weight.is_contiguous() && weight.numel() > 0 &&
                  weight.scalar_type() == (scales ? at::kChar : at::kBFloat16),
              kOp, ": weight must be contiguous (D, C) on a GPU, int8 with scales or bfloat16 without");
  const int64_t outputs = weight.size(0), depth = weight.size(1);
  TORCH_CHECK(x.dim() >= 1 && x.size(-1) == depth && x.numel() > 0, kOp,
              ": x (..., C) and weight (D, C) do not fit: ", x.sizes(), " and ", weight.sizes());
  int64_t group = depth;
  if (scales) {
    requireFloat32(*scales, kOp, "scales", 2);
    TORCH_CHECK(
        scales->is_contiguous() && scales->size(0) == outputs && scales->size(1) > 0 && depth % scales->size(1) == 0,
        kOp, ": scales must be contiguous (", outputs, ", a divisor of ", depth, "), not ", scales->sizes());
    group = depth / scales->size(1);
  }
  if (bias) {
    requireFloat32(*bias, kOp, "bias", 1);
    TORCH_CHECK(bias->size(0) == outputs, kOp, ": bias must have ", outputs, " elements");
  }
  const int64_t rows = x.numel() / depth;
  TORCH_CHECK(rows <= kFew && depth % 4 == 0 && group % 4 == 0, kOp, ": there may be ", kFew,
              " rows of 4 n numbers, not ", rows, " of ", depth);
  TORCH_CHECK(!needsGrad({x}), kOp, ": it has no gradient");
  const at::Tensor from = x.contiguous(), added = bias ? bias->contiguous() : at::Tensor();
  const at::Tensor y = at::empty(withLast(x, outputs), x.options());
  const Division d = divisionOf(rows, outputs, depth, group, scales.has_value());
  Kernel("matrix-vector", "multiply", at::kFloat, d.constants(scales.has_value()))(
      {.blocks = blocksFor(outputs, kWarps / d.split * d.outs), .threads = kWarps * 32}, in(from), in(weight),
      scales ? in(*scales) : nullptr, in(added), out(y), static_cast<int32_t>(rows), static_cast<int32_t>(outputs),
      static_cast<int32_t>(depth), static_cast<int32_t>(group), static_cast<int32_t>(gelu));
  return y;
}

at::Tensor sampleRows(const at::Tensor& logits, const std::optional<at::Tensor>& seen, const at::Tensor& uniform,
                      double temperature, int64_t topK, double topP, double minP, double penalty) {
  constexpr const char* kOp = "sample_rows";
  requireFloat32(logits, kOp, "logits", 2);
  const int64_t batch = logits.size(0), vocab = logits.size(1);
  TORCH_CHECK(batch > 0 && vocab > 0 && logits.stride(1) == 1, kOp, ": logits (B, V) must have whole rows");
  TORCH_CHECK(isOnGpu(uniform) && uniform.scalar_type() == at::kDouble && uniform.is_contiguous() &&
                  uniform.sizes() == at::IntArrayRef({batch}),
              kOp, ": uniform must be a float64 for each row");
  TORCH_CHECK(!seen || (isOnGpu(*seen) && seen->scalar_type() == at::kBool && seen->is_contiguous() &&
                        seen->sizes() == logits.sizes()),
              kOp, ": seen must be a bool for each logit");
  const bool cut = (topP > 0 && topP < 1) || minP > 0;
  TORCH_CHECK(temperature == 0 || (topK == 0 && !cut) || (topK > 0 && topK <= kRanked), kOp, ": it ranks ", kRanked,
              " ids at most, and all of them without top-p and min-p");
  const at::Tensor ids = at::empty({batch}, logits.options().dtype(at::kLong));
  Kernel("sample", "sampleRow", at::kFloat)({.blocks = static_cast<uint32_t>(batch), .threads = 1024}, in(logits),
                                            seen ? in(*seen) : nullptr, in(uniform), out(ids), logits.stride(0),
                                            static_cast<int32_t>(vocab), static_cast<float>(temperature),
                                            static_cast<int32_t>(std::min(topK, vocab)), static_cast<float>(topP),
                                            static_cast<float>(minP), static_cast<float>(penalty));
  return ids;
}

}  // namespace

TORCH_LIBRARY_IMPL(trainer, TRAINER_GPU_KEY, m) {
  m.impl("ragged_attention", &raggedAttention);
  m.impl("quantized_linear", &quantizedLinear);
  m.impl("unpack_token", &unpackToken);
  m.impl("sample_rows", &sampleRows);
}

}  // namespace trainer::cuda
