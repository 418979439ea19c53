#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>

#include "autograd.h"
#include "checks.h"
#include "library.h"
#include "table.h"

namespace trainer {

namespace {

constexpr const char* kOp = "add_layer_norm";

struct Options {
  double eps;
  double dropout;
  uint64_t seed;
};

struct Forward {
  at::Tensor sum, normed, mean, rstd;
};

Forward forwardOf(const at::Tensor& x, const at::Tensor& branch, const at::Tensor& weight, const at::Tensor& bias,
                  const Options& o) {
  const int64_t width = weight.size(0);
  const int64_t rows = x.numel() / width;
  Forward f{at::empty_like(x), at::empty_like(x), at::empty({rows}, x.options()), at::empty({rows}, x.options())};
  const AddLayerNormForward norm{.x = x.const_data_ptr<float>(),
                                 .branch = branch.const_data_ptr<float>(),
                                 .weight = weight.const_data_ptr<float>(),
                                 .bias = bias.const_data_ptr<float>(),
                                 .h = f.sum.mutable_data_ptr<float>(),
                                 .normed = f.normed.mutable_data_ptr<float>(),
                                 .mean = f.mean.mutable_data_ptr<float>(),
                                 .rstd = f.rstd.mutable_data_ptr<float>(),
                                 .width = width,
                                 .eps = static_cast<float>(o.eps),
                                 .dropout = static_cast<float>(o.dropout),
                                 .seed = o.seed};
  at::parallel_for(0, rows, 8, [&](int64_t begin, int64_t end) { kernels().addLayerNormForward(norm, begin, end); });
  return f;
}

/** Keeps the sum, which the next block reads anyway, and two numbers a row; the mask is made again from the seed. */
struct AddLayerNorm : torch::autograd::Function<AddLayerNorm> {
  static variable_list forward(AutogradContext* ctx, const Variable& x, const Variable& branch, const Variable& weight,
                               const Variable& bias, const Options& o) {
    Forward f = forwardOf(x, branch, weight, bias, o);
    ctx->save_for_backward({f.sum, weight, f.mean, f.rstd});
    ctx->saved_data["dropout"] = o.dropout;
    ctx->saved_data["seed"] = static_cast<int64_t>(o.seed);
    ctx->set_materialize_grads(false);
    return {f.sum, f.normed};
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    const variable_list saved = ctx->get_saved_variables();
    const at::Tensor &sum = saved[0], &weight = saved[1];
    const double dropout = ctx->saved_data["dropout"].toDouble();
    const auto seed = static_cast<uint64_t>(ctx->saved_data["seed"].toInt());
    const int64_t width = weight.size(0);
    const int64_t rows = sum.numel() / width;
    const at::Tensor dSum = grads[0].defined() ? grads[0].contiguous() : at::Tensor();
    const at::Tensor dNormed = grads[1].defined() ? grads[1].contiguous() : at::zeros_like(sum);
    const at::Tensor dx = at::empty_like(sum);
    const at::Tensor dBranch = dropout > 0 ? at::empty_like(sum) : dx;
    const AddLayerNormBackward norm{.h = sum.const_data_ptr<float>(),
                                    .weight = weight.const_data_ptr<float>(),
                                    .mean = saved[2].const_data_ptr<float>(),
                                    .rstd = saved[3].const_data_ptr<float>(),
                                    .dSum = dataOf(dSum),
                                    .dNormed = dNormed.const_data_ptr<float>(),
                                    .dH = dx.mutable_data_ptr<float>(),
                                    .dBranch = dBranch.mutable_data_ptr<float>(),
                                    .width = width,
                                    .dropout = static_cast<float>(dropout),
                                    .seed = seed};
    const at::Tensor params = sumOverRows(rows, 2 * width, [&](int64_t begin, int64_t end, float* total) {
      kernels().addLayerNormBackward(norm, total, total + width, begin, end);
    });
    return {dx, dBranch, params.narrow(0, 0, width), params.narrow(0, width, width), Variable()};
  }
};

std::tuple<at::Tensor, at::Tensor> addLayerNorm(const at::Tensor& x, const at::Tensor& branch, const at::Tensor& weight,
                                                const at::Tensor& bias, double eps, double dropout) {
  requireFloat(x, kOp, "x", -1);
  requireFloat(branch, kOp, "branch", -1);
  requireFloat(weight, kOp, "weight", 1);
  requireFloat(bias, kOp, "bias", 1);
  requireDropout(dropout, kOp);
  TORCH_CHECK(x.dim() >= 1 && x.numel() > 0 && x.sizes() == branch.sizes() && x.size(-1) == weight.size(0) &&
                  weight.sizes() == bias.sizes(),
              kOp, ": x and branch (..., C), weight (C) and bias (C) do not fit: ", x.sizes(), ", ", branch.sizes(),
              ", ", weight.sizes(), ", ", bias.sizes());
  const Options options{eps, dropout, dropout > 0 ? drawSeed() : 0};
  const at::Tensor xs = x.contiguous(), branches = branch.contiguous(), w = weight.contiguous(), b = bias.contiguous();
  if (needsGrad({x, branch, weight, bias})) {
    variable_list out = AddLayerNorm::apply(xs, branches, w, b, options);
    return {out[0], out[1]};
  }
  Forward f = forwardOf(xs, branches, w, b, options);
  return {f.sum, f.normed};
}

}  // namespace

TRAINER_OPERATORS(m) {
  m.def(
      "add_layer_norm(Tensor x, Tensor branch, Tensor weight, Tensor bias, float eps=1e-05, float dropout=0.) -> "
      "(Tensor, Tensor)",
      &addLayerNorm);
  m.def("layer_norm(Tensor x, Tensor weight, Tensor bias, float eps=1e-05) -> Tensor");  // native/cuda
}

}  // namespace trainer
