#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/zeros.h>

#include <cmath>

#include "autograd.h"
#include "checks.h"
#include "library.h"
#include "table.h"
#include "work.h"

namespace trainer {

namespace {

constexpr const char* kOp = "causal_attention";

/** Queries, keys and values side by side, (B, T, (nh + 2 nkv) hs), and what is done to them on the way. */
struct Inputs {
  at::Tensor qkv;
  int64_t heads, kvHeads;
  at::Tensor cos, sin;          // (T, hs) or undefined
  at::Tensor qWeight, kWeight;  // (hs) or undefined
  double eps, dropout;
  uint64_t seed;

  int64_t batch() const { return qkv.size(0); }
  int64_t length() const { return qkv.size(1); }
  int64_t headSize() const { return qkv.size(2) / (heads + 2 * kvHeads); }
};

/** Place of one head of keys and values, and of the queries that share it. */
struct Place {
  int64_t q, k, v;  // in the inputs
  int64_t out;      // in the output
  int64_t row;      // in the log-sum-exps
  int64_t head;     // its number, over the whole batch
};

/** Calls body(place, shape, scratch) for every head of keys and values. */
void overHeads(const Inputs& in, bool backward,
               const std::function<void(const Place&, const AttentionShape&, float*)>& body) {
  const int64_t length = in.length(), size = in.headSize(), groups = in.heads / in.kvHeads;
  const int64_t stride = in.qkv.size(2), outStride = in.heads * size;
  AttentionShape shape{length,
                       size,
                       groups,
                       stride,
                       outStride,
                       1.0f / std::sqrt(static_cast<float>(size)),
                       static_cast<float>(in.dropout),
                       in.seed,
                       0,
                       dataOf(in.cos),
                       dataOf(in.sin),
                       dataOf(in.qWeight),
                       dataOf(in.kWeight),
                       static_cast<float>(in.eps)};
  // Two products of half a square for each head, five in the gradient.
  tellFlops((backward ? 5.0 : 2.0) * static_cast<double>(in.batch() * in.heads * length * (length + 1) * size));
  const int64_t scratch = kernels().attentionScratch(length, size, backward);
  at::parallel_for(0, in.batch() * in.kvHeads, 1, [&](int64_t begin, int64_t end) {
    const at::Tensor buffer = at::empty({scratch}, at::kFloat);
    for (int64_t i = begin; i < end; ++i) {
      const int64_t b = i / in.kvHeads, h = i % in.kvHeads;
      const int64_t first = h * groups, row = (b * in.heads + first) * length, start = b * length * stride;
      AttentionShape own = shape;
      own.firstRow = static_cast<uint64_t>(row);
      body({start + first * size, start + (in.heads + h) * size, start + (in.heads + in.kvHeads + h) * size,
            b * length * outStride + first * size, row, i},
           own, buffer.mutable_data_ptr<float>());
    }
  });
}

struct Forward {
  at::Tensor out, logSumExp;
};

Forward forwardOf(const Inputs& in) {
  Forward f{at::empty({in.batch(), in.length(), in.heads * in.headSize()}, in.qkv.options()),
            at::empty({in.batch(), in.heads, in.length()}, in.qkv.options())};
  const float* data = in.qkv.const_data_ptr<float>();
  float *out = f.out.mutable_data_ptr<float>(), *lse = f.logSumExp.mutable_data_ptr<float>();
  overHeads(in, false, [&](const Place& at, const AttentionShape& shape, float* scratch) {
    kernels().attentionForward({data + at.q, data + at.k, data + at.v}, shape, out + at.out, lse + at.row, scratch);
  });
  return f;
}

/** Keeps the input, the output and one number a query: scores and masks are made again. */
struct CausalAttention : torch::autograd::Function<CausalAttention> {
  // Tensors that a gradient may be wanted of are arguments of their own: autograd looks into no struct.
  static Variable forward(AutogradContext* ctx, const Variable& qkv, const std::optional<Variable>& qWeight,
                          const std::optional<Variable>& kWeight, const Inputs& in) {
    Forward f = forwardOf(in);
    ctx->save_for_backward(
        {qkv, f.out, f.logSumExp, in.cos, in.sin, qWeight.value_or(Variable()), kWeight.value_or(Variable())});
    ctx->saved_data["heads"] = in.heads;
    ctx->saved_data["kvHeads"] = in.kvHeads;
    ctx->saved_data["eps"] = in.eps;
    ctx->saved_data["dropout"] = in.dropout;
    ctx->saved_data["seed"] = static_cast<int64_t>(in.seed);
    return f.out;
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    const variable_list saved = ctx->get_saved_variables();
    const Inputs in{saved[0],
                    ctx->saved_data["heads"].toInt(),
                    ctx->saved_data["kvHeads"].toInt(),
                    saved[3],
                    saved[4],
                    saved[5],
                    saved[6],
                    ctx->saved_data["eps"].toDouble(),
                    ctx->saved_data["dropout"].toDouble(),
                    static_cast<uint64_t>(ctx->saved_data["seed"].toInt())};
    const int64_t size = in.headSize();
    const at::Tensor dOut = grads[0].contiguous();
    const at::Tensor dQkv = at::empty_like(in.qkv);
    // Each head's part of the gradients of the norms' weights: summed in order, whatever the threads.
    const at::Tensor weights =
        in.qWeight.defined() ? at::zeros({in.batch() * in.kvHeads, 2, size}, in.qkv.options()) : at::Tensor();
    float* dWeights = in.qWeight.defined() ? weights.mutable_data_ptr<float>() : nullptr;
    const float *data = in.qkv.const_data_ptr<float>(), *out = saved[1].const_data_ptr<float>();
    const float *lse = saved[2].const_data_ptr<float>(), *dOutData = dOut.const_data_ptr<float>();
    float* d = dQkv.mutable_data_ptr<float>();
    overHeads(in, true, [&](const Place& at, const AttentionShape& shape, float* scratch) {
      float* dQWeight = dWeights == nullptr ? nullptr : dWeights + at.head * 2 * size;
      float* dKWeight = dWeights == nullptr ? nullptr : dQWeight + size;
      const AttentionGradients gradients{.out = out + at.out,
                                         .logSumExp = lse + at.row,
                                         .dOut = dOutData + at.out,
                                         .dQ = d + at.q,
                                         .dK = d + at.k,
                                         .dV = d + at.v,
                                         .dQWeight = dQWeight,
                                         .dKWeight = dKWeight};
      kernels().attentionBackward({data + at.q, data + at.k, data + at.v}, gradients, shape, scratch);
    });
    if (dWeights == nullptr) return {dQkv, Variable(), Variable(), Variable()};
    const at::Tensor sums = weights.sum(0);
    return {dQkv, sums[0], sums[1], Variable()};
  }
};

void requireSize(const std::optional<at::Tensor>& t, const char* name, at::IntArrayRef sizes) {
  if (!t) return;
  requireFloat(*t, kOp, name, static_cast<int64_t>(sizes.size()));
  TORCH_CHECK(t->sizes() == sizes, kOp, ": ", name, " must be ", sizes, ", not ", t->sizes());
}

at::Tensor causalAttention(const at::Tensor& qkv, int64_t heads, int64_t kvHeads, const std::optional<at::Tensor>& cos,
                           const std::optional<at::Tensor>& sin, const std::optional<at::Tensor>& qWeight,
                           const std::optional<at::Tensor>& kWeight, double eps, double dropout) {
  requireFloat(qkv, kOp, "qkv", 3);
  requireDropout(dropout, kOp);
  TORCH_CHECK(kvHeads >= 1 && heads >= kvHeads && heads <= qkv.size(2) && heads % kvHeads == 0 && qkv.numel() > 0 &&
                  qkv.size(2) % (heads + 2 * kvHeads) == 0,
              kOp, ": qkv must be (B, T, (nh + 2 nkv) hs) with ", heads, " heads of queries, a multiple of ", kvHeads,
              " of keys, and nothing empty, not ", qkv.sizes());
  const int64_t length = qkv.size(1), size = qkv.size(2) / (heads + 2 * kvHeads);
  TORCH_CHECK(cos.has_value() == sin.has_value() && qWeight.has_value() == kWeight.has_value(), kOp,
              ": cos goes with sin, and the weight of the queries' norm with that of the keys'");
  TORCH_CHECK(!cos || size % 2 == 0, kOp, ": heads of ", size, " numbers are no pairs to turn");
  requireSize(cos, "cos", {length, size});
  requireSize(sin, "sin", {length, size});
  requireSize(qWeight, "q_weight", {size});
  requireSize(kWeight, "k_weight", {size});
  const auto contiguous = [](const std::optional<at::Tensor>& t) { return t ? t->contiguous() : at::Tensor(); };
  const Inputs in{qkv.contiguous(),
                  heads,
                  kvHeads,
                  contiguous(cos),
                  contiguous(sin),
                  contiguous(qWeight),
                  contiguous(kWeight),
                  eps,
                  dropout,
                  dropout > 0 ? drawSeed() : 0};
  if (needsGrad({in.qkv, in.qWeight, in.kWeight}))
    return CausalAttention::apply(in.qkv, present(in.qWeight), present(in.kWeight), in);
  return forwardOf(in).out;
}

}  // namespace

TRAINER_OPERATORS(m) {
  m.def(
      "causal_attention(Tensor qkv, int heads, int kv_heads, Tensor? cos=None, Tensor? sin=None, "
      "Tensor? q_weight=None, Tensor? k_weight=None, float eps=1e-06, float dropout=0.) -> Tensor",
      &causalAttention);
}

}  // namespace trainer
