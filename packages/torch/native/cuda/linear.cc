#include <ATen/ops/empty.h>
#include <torch/library.h>

#include "kernels/autograd.h"
#include "kernels/checks.h"
#include "product.h"
#include "rows.h"
#include "weight-copies.h"

namespace trainer::cuda {

namespace {

at::Tensor biasIn(const std::optional<at::Tensor>& bias, at::ScalarType type) {
  return bias && bias->defined() ? inType(*bias, type) : at::Tensor();
}

/** x (N, C) is of the type that is computed in, weight (C, D) and bias (D) are the parameters. */
struct Linear : torch::autograd::Function<Linear> {
  static Variable forward(AutogradContext* ctx, const Variable& x, const Variable& weight,
                          const std::optional<Variable>& bias) {
    const auto type = x.scalar_type();
    ctx->save_for_backward({x, weight});
    ctx->saved_data["bias"] = bias && bias->requires_grad();
    return product(x, inType(weight, type), biasIn(bias, type));
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    const OwnTypes types;
    const variable_list saved = ctx->get_saved_variables();
    const at::Tensor &x = saved[0], &weight = saved[1];
    const at::Tensor dy = grads[0].to(x.scalar_type()).contiguous();
    variable_list result(3);
    if (ctx->needs_input_grad(0)) result[0] = product(dy, inType(weight, x.scalar_type()).t());
    if (ctx->needs_input_grad(1)) {
      // In the weight's own layout, or the gradient would be copied when it becomes the parameter's.
      const bool straight = weight.is_contiguous();
      const at::Tensor base = straight ? weight : weight.t();
      const at::Tensor d = at::empty(base.sizes(), weight.options().requires_grad(false));
      if (straight)
        productInto(d, x.t(), dy);
      else
        productInto(d, dy.t(), x);
      result[1] = straight ? d : d.t();
    }
    if (ctx->saved_data["bias"].toBool()) result[2] = columnSums(dy);
    return result;
  }
};

at::Tensor linear(const at::Tensor& x, const at::Tensor& weight, const std::optional<at::Tensor>& bias) {
  constexpr const char* kOp = "linear";
  requireOnGpu(x, kOp, "x");
  requireOnGpu(weight, kOp, "weight", 2);
  TORCH_CHECK(x.dim() >= 1 && x.size(-1) == weight.size(0) && x.numel() > 0 && weight.numel() > 0, kOp,
              ": x (..., C) and weight (C, D) do not fit: ", x.sizes(), " and ", weight.sizes());
  TORCH_CHECK(!bias || (bias->dim() == 1 && bias->size(0) == weight.size(1)), kOp, ": bias must have ", weight.size(1),
              " elements");
  const OwnTypes types;
  const at::ScalarType type = types.type;
  const at::Tensor rows = rowsOf(x, type);
  const std::vector<int64_t> sizes = withLast(x, weight.size(1));
  if (needsGrad({rows, weight, bias.value_or(at::Tensor())})) return Linear::apply(rows, weight, bias).view(sizes);
  return product(rows, inType(weight, type), biasIn(bias, type)).view(sizes);
}

at::Tensor stackedBias(at::TensorList biases, at::ScalarType type) {
  return biases.empty() ? at::Tensor() : stackedInType(biases, type);
}

/** x (N, C) is of the type that is computed in; layers are `count` weights (D_i, C), then as many biases or none. */
struct SideBySide : torch::autograd::Function<SideBySide> {
  static Variable forward(AutogradContext* ctx, const Variable& x, at::TensorList layers, int64_t count) {
    const auto size = static_cast<size_t>(count);
    variable_list saved{x};
    saved.insert(saved.end(), layers.begin(), layers.begin() + count);
    ctx->save_for_backward(saved);
    ctx->saved_data["biases"] = layers.size() > size;
    const auto type = x.scalar_type();
    return product(x, stackedInType(layers.slice(0, size), type).t(), stackedBias(layers.slice(size), type));
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    const OwnTypes types;
    const variable_list saved = ctx->get_saved_variables();
    const at::Tensor& x = saved[0];
    const std::vector<at::Tensor> weights(saved.begin() + 1, saved.end());
    const at::Tensor dy = grads[0].to(x.scalar_type()).contiguous();
    variable_list result(1 + weights.size());
    if (ctx->needs_input_grad(0)) result[0] = product(dy, stackedInType(weights, x.scalar_type()));
    const at::Tensor dWeights = at::empty({dy.size(1), x.size(1)}, x.options().dtype(at::kFloat));
    productInto(dWeights, dy.t(), x);
    const at::Tensor sums = ctx->saved_data["biases"].toBool() ? columnSums(dy) : at::Tensor();
    int64_t at = 0;
    for (size_t i = 0; i < weights.size(); ++i) {
      const int64_t size = weights[i].size(0);
      if (ctx->needs_input_grad(1 + i)) result[1 + i] = dWeights.narrow(0, at, size);
      if (sums.defined()) result.push_back(sums.narrow(0, at, size));
      at += size;
    }
    result.emplace_back();
    return result;
  }
};

at::Tensor linearSideBySide(const at::Tensor& x, at::TensorList weights, at::TensorList biases) {
  constexpr const char* kOp = "linear_side_by_side";
  requireOnGpu(x, kOp, "x");
  TORCH_CHECK(!weights.empty() && (biases.empty() || biases.size() == weights.size()), kOp,
              ": there must be weights, and as many biases or none, not ", weights.size(), " and ", biases.size());
  TORCH_CHECK(x.dim() >= 1 && x.numel() > 0, kOp, ": x must be (..., C) and not empty, not ", x.sizes());
  std::vector<at::Tensor> layers;
  int64_t width = 0;
  for (const at::Tensor& w : weights) {
    requireOnGpu(w, kOp, "a weight", 2);
    TORCH_CHECK(w.size(1) == x.size(-1) && w.numel() > 0, kOp, ": x (..., C) and weight (D, C) do not fit: ", x.sizes(),
                " and ", w.sizes());
    layers.push_back(w.contiguous());
    width += w.size(0);
  }
  for (size_t i = 0; i < biases.size(); ++i) {
    requireOnGpu(biases[i], kOp, "a bias", 1);
    TORCH_CHECK(biases[i].size(0) == weights[i].size(0), kOp, ": bias ", i, " must have ", weights[i].size(0),
                " elements, not ", biases[i].size(0));
    layers.push_back(biases[i].contiguous());
  }
  const OwnTypes types;
  const at::ScalarType type = types.type;
  const at::Tensor rows = rowsOf(x, type);
  const std::vector<int64_t> sizes = withLast(x, width);
  const at::TensorList all(layers);
  bool grad = needsGrad({rows});
  for (const at::Tensor& t : layers) grad = grad || needsGrad({t});
  if (grad) return SideBySide::apply(rows, all, static_cast<int64_t>(weights.size())).view(sizes);
  return product(rows, stackedInType(all.slice(0, weights.size()), type).t(),
                 stackedBias(all.slice(weights.size()), type))
      .view(sizes);
}

}  // namespace

TORCH_LIBRARY_IMPL(trainer, TRAINER_GPU_KEY, m) {
  m.impl("linear", &linear);
  m.impl("linear_side_by_side", &linearSideBySide);
}

}  // namespace trainer::cuda
