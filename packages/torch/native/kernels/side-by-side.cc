#include <ATen/ops/empty.h>

#include <vector>

#include "autograd.h"
#include "checks.h"
#include "gemm.h"
#include "library.h"
#include "linear.h"

namespace trainer {

namespace {

constexpr const char* kOp = "linear_side_by_side";

/** Weights (D_i, C), then as many biases (D_i) or none. */
struct Layers {
  at::TensorList weights, biases;
};

int64_t totalOf(at::TensorList weights) {
  int64_t total = 0;
  for (const at::Tensor& w : weights) total += w.size(0);
  return total;
}

at::Tensor forwardOf(const at::Tensor& x, const Layers& layers) {
  at::Tensor out = at::empty({x.size(0), totalOf(layers.weights)}, x.options());
  int64_t at = 0;
  for (size_t i = 0; i < layers.weights.size(); ++i) {
    const at::Tensor& w = layers.weights[i];
    const at::Tensor part = out.narrow(1, at, w.size(0));
    productInto(part, x, w.t(), false);
    if (!layers.biases.empty()) part.add_(layers.biases[i]);
    at += w.size(0);
  }
  return out;
}

struct SideBySide : torch::autograd::Function<SideBySide> {
  static Variable forward(AutogradContext* ctx, const Variable& x, at::TensorList layers, int64_t count) {
    const auto size = static_cast<size_t>(count);
    variable_list saved{x};
    saved.insert(saved.end(), layers.begin(), layers.begin() + count);
    ctx->save_for_backward(saved);
    ctx->saved_data["biases"] = layers.size() > size;
    return forwardOf(x, {layers.slice(0, size), layers.slice(size)});
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    const variable_list saved = ctx->get_saved_variables();
    const at::Tensor& x = saved[0];
    const size_t count = saved.size() - 1;
    const at::Tensor dy = grads[0].contiguous();
    variable_list result(1 + count);
    const bool dxWanted = ctx->needs_input_grad(0);
    if (dxWanted) result[0] = at::empty_like(x);
    // One product for the gradients of all weights: each is a stretch of its rows.
    bool anyWanted = false;
    for (size_t i = 1; i <= count; ++i) anyWanted = anyWanted || ctx->needs_input_grad(i);
    const at::Tensor dWeights = anyWanted ? product(dy.t(), x) : at::Tensor();
    int64_t at = 0;
    for (size_t i = 1; i <= count; ++i) {
      const at::Tensor part = dy.narrow(1, at, saved[i].size(0));
      if (dxWanted) productInto(result[0], part, saved[i], i > 1);
      if (ctx->needs_input_grad(i)) result[i] = dWeights.narrow(0, at, saved[i].size(0));
      at += saved[i].size(0);
    }
    if (ctx->saved_data["biases"].toBool()) {
      const at::Tensor sums = columnSum(dy);
      at = 0;
      for (size_t i = 1; i <= count; ++i) {
        result.push_back(sums.narrow(0, at, saved[i].size(0)));
        at += saved[i].size(0);
      }
    }
    result.emplace_back();
    return result;
  }
};

at::Tensor linearSideBySide(const at::Tensor& x, at::TensorList weights, at::TensorList biases) {
  requireFloat(x, kOp, "x", -1);
  TORCH_CHECK(!weights.empty() && (biases.empty() || biases.size() == weights.size()), kOp,
              ": there must be weights, and as many biases or none, not ", weights.size(), " and ", biases.size());
  TORCH_CHECK(x.dim() >= 1 && x.numel() > 0, kOp, ": x must be (..., C) and not empty, not ", x.sizes());
  std::vector<at::Tensor> layers;
  for (const at::Tensor& w : weights) {
    requireFloat(w, kOp, "a weight", 2);
    TORCH_CHECK(w.size(1) == x.size(-1) && w.numel() > 0, kOp, ": x (..., C) and weight (D, C) do not fit: ", x.sizes(),
                " and ", w.sizes());
    layers.push_back(w.contiguous());
  }
  for (size_t i = 0; i < biases.size(); ++i) {
    requireFloat(biases[i], kOp, "a bias", 1);
    TORCH_CHECK(biases[i].size(0) == weights[i].size(0), kOp, ": bias ", i, " must have ", weights[i].size(0),
                " elements, not ", biases[i].size(0));
    layers.push_back(biases[i]);
  }
  const std::vector<int64_t> sizes = withLast(x, totalOf(weights));
  const at::Tensor rows = x.reshape({-1, x.size(-1)}).contiguous();
  const auto count = static_cast<int64_t>(weights.size());
  const at::TensorList all(layers);
  bool grad = needsGrad({x});
  for (const at::Tensor& t : layers) grad = grad || needsGrad({t});
  if (grad) return SideBySide::apply(rows, all, count).view(sizes);
  return forwardOf(rows, {all.slice(0, weights.size()), all.slice(weights.size())}).view(sizes);
}

}  // namespace

TRAINER_OPERATORS(m) {
  m.def("linear_side_by_side(Tensor x, Tensor[] weights, Tensor[] biases) -> Tensor", &linearSideBySide);
}

}  // namespace trainer
