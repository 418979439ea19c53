#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <torch/library.h>

#include <algorithm>

#include "attend.h"
#include "kernels/autograd.h"
#include "kernels/checks.h"
#include "rows.h"

namespace trainer::cuda {

namespace {

/** Queries, keys and values side by side, (B, T, nh + 2 nkv, hs), and what is done to them on the way. */
struct Inputs {
  at::Tensor qkv;
  int64_t heads, kvHeads;
  at::Tensor cos, sin;          // (T, hs) float32, or undefined
  at::Tensor qWeight, kWeight;  // (hs) float32, or undefined
  double eps, dropout;

  int64_t length() const { return qkv.size(1); }
  int64_t tokens() const { return qkv.size(0) * qkv.size(1); }
  int64_t headSize() const { return qkv.size(3); }
  bool changed() const { return cos.defined() || qWeight.defined(); }
  Kernel kernel(const char* name) const {
    return {"qkv", name, qkv.scalar_type(),
            "HEAD_SIZE=" + std::to_string(headSize()) + (qWeight.defined() ? " NORMED=1" : " NORMED=0") +
                (cos.defined() ? " ROTATED=1" : " ROTATED=0")};
  }
};

Heads headsOf(const Inputs& in) {
  const auto part = [&](int64_t from, int64_t count) { return in.qkv.narrow(2, from, count).transpose(1, 2); };
  const at::Tensor v = part(in.heads + in.kvHeads, in.kvHeads);
  if (!in.changed()) return {part(0, in.heads), part(in.heads, in.kvHeads), v};
  const int64_t b = in.qkv.size(0), t = in.length(), size = in.headSize();
  const at::Tensor q = at::empty({b, t, in.heads, size}, in.qkv.options());
  const at::Tensor k = at::empty({b, t, in.kvHeads, size}, in.qkv.options());
  in.kernel("unpack")(
      {.blocks = blocksFor(in.tokens() * (in.heads + in.kvHeads), headsOfQkvBlock(size)), .threads = kQkvThreads},
      cuda::in(in.qkv), cuda::in(in.cos), cuda::in(in.sin), cuda::in(in.qWeight), cuda::in(in.kWeight), out(q), out(k),
      in.tokens(), static_cast<int32_t>(t), static_cast<int32_t>(in.heads), static_cast<int32_t>(in.kvHeads),
      static_cast<float>(in.eps));
  return {q.transpose(1, 2), k.transpose(1, 2), v};
}

at::Tensor outOf(const Attended& a) { return a.out.transpose(1, 2).flatten(2); }

/** Keeps the input, the output and one number a query: normed and turned queries and keys are made again. */
struct CausalAttention : torch::autograd::Function<CausalAttention> {
  // Tensors that a gradient may be wanted of are arguments of their own: autograd looks into no struct.
  static Variable forward(AutogradContext* ctx, const Variable& qkv, const std::optional<Variable>& qWeight,
                          const std::optional<Variable>& kWeight, const Inputs& in) {
    const Heads h = headsOf(in);
    const bool byCuDnn = preferCuDnn(h, in.dropout);
    const Attended a = attend(h, in.dropout, byCuDnn);
    ctx->save_for_backward({qkv, in.cos, in.sin, qWeight.value_or(Variable()), kWeight.value_or(Variable()),
                            a.logSumExp, a.seed, a.offset});
    ctx->saved_data["out"] = a.out;  // of other strides than what is given back
    ctx->saved_data["heads"] = in.heads;
    ctx->saved_data["kvHeads"] = in.kvHeads;
    ctx->saved_data["eps"] = in.eps;
    ctx->saved_data["dropout"] = in.dropout;
    ctx->saved_data["cudnn"] = byCuDnn;
    return outOf(a);
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    const OwnTypes types;
    const variable_list saved = ctx->get_saved_variables();
    const Inputs in{
        saved[0], ctx->saved_data["heads"].toInt(),  ctx->saved_data["kvHeads"].toInt(),   saved[1], saved[2], saved[3],
        saved[4], ctx->saved_data["eps"].toDouble(), ctx->saved_data["dropout"].toDouble()};
    const Attended a{takeSaved(ctx, "out"), saved[5], saved[6], saved[7]};
    const int64_t size = in.headSize();
    const at::Tensor dOut =
        grads[0].to(in.qkv.scalar_type()).contiguous().unflatten(2, {in.heads, size}).transpose(1, 2);
    const Heads d = attendBackward(dOut, headsOf(in), a, in.dropout, ctx->saved_data["cudnn"].toBool());
    const at::Tensor dQkv = at::empty_like(in.qkv);
    struct Strides {
      int64_t batch, token, head;
    };
    const auto stridesOf = [](const at::Tensor& t) { return Strides{t.stride(0), t.stride(2), t.stride(1)}; };
    const auto lastIsAdjacent = [](const at::Tensor& t) { return t.stride(3) == 1 ? t : t.contiguous(); };
    const at::Tensor dq = lastIsAdjacent(d.q), dk = lastIsAdjacent(d.k), dv = lastIsAdjacent(d.v);
    const int64_t items = in.tokens() * (in.heads + 2 * in.kvHeads);
    // Sums over the rows of a block need blocks that go through many.
    const auto blocks = static_cast<uint32_t>(
        in.qWeight.defined() ? std::min<int64_t>(8 * multiprocessors(), blocksFor(items, headsOfQkvBlock(size)))
                             : blocksFor(items, headsOfQkvBlock(size)));
    const at::Tensor partial =
        in.qWeight.defined() ? at::empty({blocks, 2 * size}, in.qkv.options().dtype(at::kFloat)) : at::Tensor();
    in.kernel("pack")({.blocks = blocks, .threads = kQkvThreads}, cuda::in(dq), cuda::in(dk), cuda::in(dv),
                      stridesOf(dq), stridesOf(dk), stridesOf(dv), cuda::in(in.qkv), cuda::in(in.cos), cuda::in(in.sin),
                      cuda::in(in.qWeight), cuda::in(in.kWeight), out(dQkv), out(partial), in.tokens(),
                      static_cast<int32_t>(in.length()), static_cast<int32_t>(in.heads),
                      static_cast<int32_t>(in.kvHeads), static_cast<float>(in.eps));
    if (!partial.defined()) return {dQkv, Variable(), Variable(), Variable()};
    const at::Tensor sums = sumRows(partial);
    return {dQkv, sums.narrow(0, 0, size), sums.narrow(0, size, size), Variable()};
  }
};

at::Tensor causalAttention(const at::Tensor& qkv, int64_t heads, int64_t kvHeads, const std::optional<at::Tensor>& cos,
                           const std::optional<at::Tensor>& sin, const std::optional<at::Tensor>& qWeight,
                           const std::optional<at::Tensor>& kWeight, double eps, double dropout) {
  constexpr const char* kOp = "causal_attention";
  requireOnGpu(qkv, kOp, "qkv", 3);
  requireDropout(dropout, kOp);
  TORCH_CHECK(kvHeads >= 1 && heads >= kvHeads && heads <= qkv.size(2) && heads % kvHeads == 0 && qkv.numel() > 0 &&
                  qkv.size(2) % (heads + 2 * kvHeads) == 0,
              kOp, ": qkv must be (B, T, (nh + 2 nkv) hs) with ", heads, " heads of queries, a multiple of ", kvHeads,
              " of keys, and nothing empty, not ", qkv.sizes());
  const int64_t size = qkv.size(2) / (heads + 2 * kvHeads);
  TORCH_CHECK(cos.has_value() == sin.has_value() && qWeight.has_value() == kWeight.has_value(), kOp,
              ": cos goes with sin, and the weight of the queries' norm with that of the keys'");
  const auto sized = [&](const std::optional<at::Tensor>& t, at::IntArrayRef sizes, const char* name) {
    TORCH_CHECK(!t || t->sizes() == sizes, kOp, ": ", name, " must be ", sizes);
    return t ? t->to(at::kFloat).contiguous() : at::Tensor();
  };
  const OwnTypes types;
  const at::ScalarType type = types.type;
  TORCH_CHECK(type != at::kFloat && size % 8 == 0 && size <= 128, kOp,
              ": on a GPU heads of a multiple of 8 numbers, 128 at most, are computed, under autocast; these are of ",
              size);
  const at::Tensor all = qkv.to(type).contiguous().unflatten(2, {heads + 2 * kvHeads, size});
  const Inputs in{all,
                  heads,
                  kvHeads,
                  sized(cos, {qkv.size(1), size}, "cos"),
                  sized(sin, {qkv.size(1), size}, "sin"),
                  sized(qWeight, {size}, "q_weight"),
                  sized(kWeight, {size}, "k_weight"),
                  eps,
                  dropout};
  if (needsGrad({in.qkv, in.qWeight, in.kWeight}))
    return CausalAttention::apply(in.qkv, present(in.qWeight), present(in.kWeight), in);
  const Heads h = headsOf(in);
  return outOf(attend(h, dropout, preferCuDnn(h, dropout)));
}

}  // namespace

TORCH_LIBRARY_IMPL(trainer, TRAINER_GPU_KEY, m) { m.impl("causal_attention", &causalAttention); }

}  // namespace trainer::cuda
