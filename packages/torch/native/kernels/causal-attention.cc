#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cmath>

#include "checks.h"
#include "library.h"
#include "table.h"

namespace trainer {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

constexpr const char* kOp = "causal_attention";

/** Calls body(offset of the head in q, in the output, in the log-sum-exps, its shape, scratch) for every head. */
void overHeads(const at::Tensor& qkv, int64_t heads, double dropout, uint64_t seed, bool backward,
               const std::function<void(int64_t, int64_t, int64_t, const AttentionShape&, float*)>& body) {
  const int64_t batch = qkv.size(0), length = qkv.size(1), channels = qkv.size(2) / 3;
  const int64_t headSize = channels / heads;
  AttentionShape shape{length,
                       headSize,
                       3 * channels,
                       channels,
                       1.0f / std::sqrt(static_cast<float>(headSize)),
                       static_cast<float>(dropout),
                       seed,
                       0};
  const int64_t scratch = kernels().attentionScratch(length, headSize, backward);
  at::parallel_for(0, batch * heads, 1, [&](int64_t begin, int64_t end) {
    const at::Tensor buffer = at::empty({scratch}, at::kFloat);
    for (int64_t i = begin; i < end; ++i) {
      const int64_t b = i / heads, h = i % heads;
      AttentionShape own = shape;
      own.firstRow = static_cast<uint64_t>(i * length);
      body(b * length * 3 * channels + h * headSize, b * length * channels + h * headSize, i * length, own,
           buffer.mutable_data_ptr<float>());
    }
  });
}

struct Forward {
  at::Tensor out, logSumExp;
};

Forward forwardOf(const at::Tensor& qkv, int64_t heads, double dropout, uint64_t seed) {
  const int64_t channels = qkv.size(2) / 3;
  Forward f{at::empty({qkv.size(0), qkv.size(1), channels}, qkv.options()),
            at::empty({qkv.size(0), heads, qkv.size(1)}, qkv.options())};
  const float* data = qkv.const_data_ptr<float>();
  float *out = f.out.mutable_data_ptr<float>(), *lse = f.logSumExp.mutable_data_ptr<float>();
  overHeads(qkv, heads, dropout, seed, false,
            [&](int64_t in, int64_t to, int64_t row, const AttentionShape& shape, float* scratch) {
              kernels().attentionForward(data + in, data + in + channels, data + in + 2 * channels, out + to, lse + row,
                                         scratch, shape);
            });
  return f;
}

/** Keeps the input, the output and one number a query: scores and masks are made again. */
struct CausalAttention : torch::autograd::Function<CausalAttention> {
  static Variable forward(AutogradContext* ctx, const Variable& qkv, int64_t heads, double dropout, uint64_t seed) {
    Forward f = forwardOf(qkv, heads, dropout, seed);
    ctx->save_for_backward({qkv, f.out, f.logSumExp});
    ctx->saved_data["heads"] = heads;
    ctx->saved_data["dropout"] = dropout;
    ctx->saved_data["seed"] = static_cast<int64_t>(seed);
    return f.out;
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    const variable_list saved = ctx->get_saved_variables();
    const at::Tensor &qkv = saved[0], &out = saved[1];
    const int64_t channels = out.size(2);
    const at::Tensor dOut = grads[0].contiguous();
    const at::Tensor dQkv = at::empty_like(qkv);
    const float *data = qkv.const_data_ptr<float>(), *outData = out.const_data_ptr<float>();
    const float *lse = saved[2].const_data_ptr<float>(), *dOutData = dOut.const_data_ptr<float>();
    float* d = dQkv.mutable_data_ptr<float>();
    overHeads(qkv, ctx->saved_data["heads"].toInt(), ctx->saved_data["dropout"].toDouble(),
              static_cast<uint64_t>(ctx->saved_data["seed"].toInt()), true,
              [&](int64_t in, int64_t to, int64_t row, const AttentionShape& shape, float* scratch) {
                kernels().attentionBackward(data + in, data + in + channels, data + in + 2 * channels, outData + to,
                                            dOutData + to, lse + row, d + in, d + in + channels, d + in + 2 * channels,
                                            scratch, shape);
              });
    return {dQkv, Variable(), Variable(), Variable()};
  }
};

at::Tensor causalAttention(const at::Tensor& qkv, int64_t heads, double dropout) {
  requireFloat(qkv, kOp, "qkv", 3);
  requireDropout(dropout, kOp);
  TORCH_CHECK(heads >= 1 && heads <= qkv.size(2) && qkv.numel() > 0 && qkv.size(2) % (3 * heads) == 0, kOp,
              ": qkv must be (B, T, 3 C) with C a multiple of ", heads, " heads and nothing empty, not ", qkv.sizes());
  const uint64_t seed = dropout > 0 ? drawSeed() : 0;
  const at::Tensor packed = qkv.contiguous();
  if (needsGrad({qkv})) return CausalAttention::apply(packed, heads, dropout, seed);
  return forwardOf(packed, heads, dropout, seed).out;
}

}  // namespace

void defineCausalAttention(torch::Library& m) {
  m.def("causal_attention(Tensor qkv, int heads, float dropout=0.) -> Tensor", &causalAttention);
}

}  // namespace trainer
