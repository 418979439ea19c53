#include "linear.h"

#include <ATen/Parallel.h>

#include "autograd.h"
#include "checks.h"
#include "gemm.h"
#include "library.h"
#include "table.h"

namespace trainer {

at::Tensor columnSum(const at::Tensor& x) {
  const int64_t width = x.size(1);
  const float* data = x.const_data_ptr<float>();
  return sumOverRows(x.size(0), width, [&](int64_t begin, int64_t end, float* sum) {
    kernels().columnSum(data, sum, begin, end, width);
  });
}

namespace {

constexpr const char* kOp = "linear";

at::Tensor forwardOf(const at::Tensor& x, const at::Tensor& weight, const std::optional<at::Tensor>& bias) {
  at::Tensor y = product(x.reshape({-1, weight.size(0)}), weight);
  if (bias) y.add_(*bias);
  return y.view(withLast(x, weight.size(1)));
}

struct Linear : torch::autograd::Function<Linear> {
  static Variable forward(AutogradContext* ctx, const Variable& x, const Variable& weight,
                          const std::optional<at::Tensor>& bias) {
    ctx->save_for_backward({x, weight});
    ctx->saved_data["bias"] = bias && bias->requires_grad();
    return forwardOf(x, weight, bias);
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    const variable_list saved = ctx->get_saved_variables();
    const at::Tensor& x = saved[0];
    const at::Tensor& weight = saved[1];
    const at::Tensor dy = grads[0].reshape({-1, weight.size(1)}).contiguous();
    variable_list result(3);
    if (ctx->needs_input_grad(0)) result[0] = product(dy, weight.t()).view(x.sizes());
    if (ctx->needs_input_grad(1)) {
      const at::Tensor rows = x.reshape({-1, weight.size(0)});
      // In the weight's own layout, or the gradient would be copied when it becomes the parameter's.
      result[1] = weight.is_contiguous() ? product(rows.t(), dy) : product(dy.t(), rows).t();
    }
    if (ctx->saved_data["bias"].toBool()) result[2] = columnSum(dy);
    return result;
  }
};

at::Tensor linear(const at::Tensor& x, const at::Tensor& weight, const std::optional<at::Tensor>& bias) {
  requireFloat(x, kOp, "x", -1);
  requireFloat(weight, kOp, "weight", 2);
  TORCH_CHECK(x.dim() >= 1 && x.size(-1) == weight.size(0) && x.numel() > 0 && weight.numel() > 0, kOp,
              ": x (..., C) and weight (C, D) do not fit: ", x.sizes(), " and ", weight.sizes());
  if (bias) {
    requireFloat(*bias, kOp, "bias", 1);
    TORCH_CHECK(bias->size(0) == weight.size(1), kOp, ": bias must have ", weight.size(1), " elements");
  }
  if (needsGrad({x, weight, bias.value_or(at::Tensor())})) return Linear::apply(x, weight, bias);
  return forwardOf(x, weight, bias);
}

}  // namespace

TRAINER_OPERATORS(m) { m.def("linear(Tensor x, Tensor weight, Tensor? bias=None) -> Tensor", &linear); }

}  // namespace trainer
