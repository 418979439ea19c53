#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>

#include "autograd.h"
#include "checks.h"
#include "library.h"
#include "table.h"

namespace trainer {

namespace {

struct Forward {
  at::Tensor sum;     // what is normed: x itself where there is no branch
  at::Tensor normed;  // (..., C)
  at::Tensor rms;     // one over the root of the mean square of each row
};

Forward forwardOf(const at::Tensor& x, const at::Tensor& branch, const at::Tensor& weight, double eps) {
  const int64_t width = weight.size(0);
  const int64_t rows = x.numel() / width;
  Forward f{branch.defined() ? at::empty_like(x) : x, at::empty_like(x), at::empty({rows}, x.options())};
  const AddRmsNormForward norm{.x = x.const_data_ptr<float>(),
                               .branch = dataOf(branch),
                               .weight = weight.const_data_ptr<float>(),
                               .h = branch.defined() ? f.sum.mutable_data_ptr<float>() : nullptr,
                               .normed = f.normed.mutable_data_ptr<float>(),
                               .rms = f.rms.mutable_data_ptr<float>(),
                               .width = width,
                               .eps = static_cast<float>(eps)};
  at::parallel_for(0, rows, 8, [&](int64_t begin, int64_t end) { kernels().addRmsNormForward(norm, begin, end); });
  return f;
}

/** Keeps the sum, which the next block reads anyway, and one number a row. */
struct AddRmsNorm : torch::autograd::Function<AddRmsNorm> {
  static variable_list forward(AutogradContext* ctx, const Variable& x, const std::optional<Variable>& branch,
                               const Variable& weight, double eps) {
    Forward f = forwardOf(x, branch.value_or(Variable()), weight, eps);
    ctx->save_for_backward({f.sum, weight, f.rms});
    ctx->set_materialize_grads(false);
    if (branch) return {f.sum, f.normed};
    return {f.normed};
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    const variable_list saved = ctx->get_saved_variables();
    const at::Tensor &sum = saved[0], &weight = saved[1];
    const int64_t width = weight.size(0);
    const int64_t rows = sum.numel() / width;
    const bool branched = grads.size() == 2;
    const at::Tensor dSum = branched && grads[0].defined() ? grads[0].contiguous() : at::Tensor();
    if (!grads.back().defined()) return {dSum, branched ? dSum : Variable(), Variable(), Variable()};
    const at::Tensor dNormed = grads.back().contiguous();
    const at::Tensor dx = at::empty_like(sum);
    const AddRmsNormBackward norm{.h = sum.const_data_ptr<float>(),
                                  .weight = weight.const_data_ptr<float>(),
                                  .rms = saved[2].const_data_ptr<float>(),
                                  .dSum = dataOf(dSum),
                                  .dNormed = dNormed.const_data_ptr<float>(),
                                  .dH = dx.mutable_data_ptr<float>(),
                                  .width = width};
    const at::Tensor dWeight = sumOverRows(rows, width, [&](int64_t begin, int64_t end, float* total) {
      kernels().addRmsNormBackward(norm, total, begin, end);
    });
    return {dx, branched ? dx : Variable(), dWeight, Variable()};
  }
};

void requireShapes(const at::Tensor& x, const at::Tensor& branch, const at::Tensor& weight, const char* op) {
  requireFloat(x, op, "x", -1);
  requireFloat(branch, op, "branch", -1);
  requireFloat(weight, op, "weight", 1);
  TORCH_CHECK(x.dim() >= 1 && weight.size(0) > 0 && x.sizes() == branch.sizes() && x.size(-1) == weight.size(0), op,
              ": x and branch (..., C) and weight (C) do not fit: ", x.sizes(), ", ", branch.sizes(), ", ",
              weight.sizes());
}

std::tuple<at::Tensor, at::Tensor> addRmsNorm(const at::Tensor& x, const at::Tensor& branch, const at::Tensor& weight,
                                              double eps) {
  requireShapes(x, branch, weight, "add_rms_norm");
  const at::Tensor xs = x.contiguous(), branches = branch.contiguous(), w = weight.contiguous();
  if (needsGrad({x, branch, weight})) {
    variable_list out = AddRmsNorm::apply(xs, present(branches), w, eps);
    return {out[0], out[1]};
  }
  Forward f = forwardOf(xs, branches, w, eps);
  return {f.sum, f.normed};
}

at::Tensor rmsNorm(const at::Tensor& x, const at::Tensor& weight, double eps) {
  requireShapes(x, x, weight, "rms_norm");
  const at::Tensor xs = x.contiguous(), w = weight.contiguous();
  if (needsGrad({x, weight})) return AddRmsNorm::apply(xs, std::optional<at::Tensor>(), w, eps)[0];
  return forwardOf(xs, at::Tensor(), w, eps).normed;
}

}  // namespace

TRAINER_OPERATORS(m) {
  m.def("add_rms_norm(Tensor x, Tensor branch, Tensor weight, float eps=1e-06) -> (Tensor, Tensor)", &addRmsNorm);
  m.def("rms_norm(Tensor x, Tensor weight, float eps=1e-06) -> Tensor", &rmsNorm);
}

}  // namespace trainer
