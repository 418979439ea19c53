#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <torch/library.h>

#include "kernels/autograd.h"
#include "kernels/checks.h"
#include "product.h"
#include "rows.h"
#include "weight-copies.h"

namespace trainer::cuda {

namespace {

at::Tensor geluOf(const at::Tensor& h) {
  const at::Tensor y = at::empty_like(h);
  const int64_t vector = vectorOf(h.size(1)), vectors = h.numel() / vector;
  Kernel("activation", "geluForward", h.scalar_type(), widthOf(h.size(1)))(
      {.blocks = blocksFor(vectors, 256), .threads = 256}, in(h), out(y), vectors);
  return y;
}

at::Tensor gatedOf(const at::Tensor& inner) {
  const int64_t rows = inner.size(0), width = inner.size(1) / 2;
  const at::Tensor y = at::empty({rows, width}, inner.options());
  Kernel("activation", "swigluForward", inner.scalar_type(), widthOf(width))(
      {.blocks = blocksFor(rows * width / vectorOf(width), 256), .threads = 256}, in(inner), out(y), rows);
  return y;
}

/** A gradient of a float32 weight: (k, n) = aᵀ b. */
at::Tensor weightGrad(const at::Tensor& a, const at::Tensor& b) {
  const at::Tensor d = at::empty({a.size(1), b.size(1)}, a.options().dtype(at::kFloat));
  productInto(d, a.t(), b);
  return d;
}

/** Keeps the input and the pre-activation; GELU's output is made again where the backward pass needs it. */
struct GeluMlp : torch::autograd::Function<GeluMlp> {
  static Variable forward(AutogradContext* ctx, const Variable& x, const Variable& w1, const Variable& b1,
                          const Variable& w2, const Variable& b2) {
    const auto type = x.scalar_type();
    const at::Tensor h = product(x, inType(w1, type), inType(b1, type));
    ctx->save_for_backward({x, w1, w2});
    ctx->saved_data["pre"] = h;
    return product(geluOf(h), inType(w2, type), inType(b2, type));
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    const OwnTypes types;
    const variable_list saved = ctx->get_saved_variables();
    const at::Tensor &x = saved[0], &w1 = saved[1], &w2 = saved[2];
    const auto type = x.scalar_type();
    at::Tensor h = takeSaved(ctx, "pre");
    const at::Tensor dOut = grads[0].to(type).contiguous();
    at::Tensor dh = product(dOut, inType(w2, type).t());
    const int64_t rows = h.size(0), width = h.size(1);
    at::Tensor y = at::empty_like(h);
    const Stretches s = stretchesOf(rows);
    const at::Tensor partial = at::empty({s.blocks, width}, x.options().dtype(at::kFloat));
    Kernel("activation", "geluBackward", type, widthOf(width))(
        {.blocks = blocksFor(width, 128 * vectorOf(width)), .threads = 128, .blocksY = static_cast<uint32_t>(s.blocks)},
        in(h), out(dh), out(y), out(partial), rows, static_cast<int32_t>(s.rows));
    h.reset();
    const at::Tensor dw2 = weightGrad(y, dOut);
    y.reset();
    return {product(dh, inType(w1, type).t()), weightGrad(x, dh), sumRows(partial), dw2, columnSums(dOut)};
  }
};

at::Tensor geluMlp(const at::Tensor& x, const at::Tensor& w1, const at::Tensor& b1, const at::Tensor& w2,
                   const at::Tensor& b2) {
  constexpr const char* kOp = "gelu_mlp";
  requireOnGpu(x, kOp, "x");
  requireOnGpu(w1, kOp, "w1", 2);
  requireOnGpu(b1, kOp, "b1", 1);
  requireOnGpu(w2, kOp, "w2", 2);
  requireOnGpu(b2, kOp, "b2", 1);
  TORCH_CHECK(x.dim() >= 1 && x.numel() > 0 && w1.numel() > 0 && w2.numel() > 0 && x.size(-1) == w1.size(0) &&
                  w1.size(1) == b1.size(0) && w1.size(1) == w2.size(0) && w2.size(1) == b2.size(0),
              kOp, ": x (..., C), w1 (C, D), b1 (D), w2 (D, E) and b2 (E) do not fit: ", x.sizes(), ", ", w1.sizes(),
              ", ", b1.sizes(), ", ", w2.sizes(), ", ", b2.sizes());
  const OwnTypes types;
  const at::ScalarType type = types.type;
  const std::vector<int64_t> sizes = withLast(x, w2.size(1));
  const at::Tensor rows = rowsOf(x, type);
  if (needsGrad({rows, w1, b1, w2, b2})) return GeluMlp::apply(rows, w1, b1, w2, b2).view(sizes);
  const at::Tensor h = product(rows, inType(w1, type), inType(b1, type));
  return product(geluOf(h), inType(w2, type), inType(b2, type)).view(sizes);
}

/** The three maps of a gated layer; gate and up are side by side. */
struct Maps {
  at::Tensor gate, up, down, gateBias, upBias, downBias;

  at::Tensor inner(const at::Tensor& x) const {
    const auto type = x.scalar_type();
    const at::Tensor y = product(x, stackedInType({gate, up}, type).t());
    if (gateBias.defined()) y.narrow(1, 0, gate.size(0)).add_(gateBias);
    if (upBias.defined()) y.narrow(1, gate.size(0), gate.size(0)).add_(upBias);
    return y;
  }

  at::Tensor outer(const at::Tensor& gated) const {
    const auto type = gated.scalar_type();
    return product(gated, inType(down, type).t(), downBias.defined() ? inType(downBias, type) : at::Tensor());
  }
};

/** Keeps the input and what the two inner maps gave; the product of both is made again for the backward pass. */
struct SwigluMlp : torch::autograd::Function<SwigluMlp> {
  static Variable forward(AutogradContext* ctx, const Variable& x, const Variable& gate, const Variable& up,
                          const Variable& down, const std::optional<Variable>& gateBias,
                          const std::optional<Variable>& upBias, const std::optional<Variable>& downBias) {
    const Maps maps{
        gate, up, down, gateBias.value_or(Variable()), upBias.value_or(Variable()), downBias.value_or(Variable())};
    const at::Tensor inner = maps.inner(x);
    ctx->save_for_backward({x, gate, up, down});
    ctx->saved_data["inner"] = inner;
    ctx->saved_data["gateBias"] = gateBias.has_value();
    ctx->saved_data["upBias"] = upBias.has_value();
    ctx->saved_data["downBias"] = downBias.has_value();
    return maps.outer(gatedOf(inner));
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    const OwnTypes types;
    const variable_list saved = ctx->get_saved_variables();
    const at::Tensor &x = saved[0], &gate = saved[1], &up = saved[2], &down = saved[3];
    const auto type = x.scalar_type();
    at::Tensor inner = takeSaved(ctx, "inner");
    const at::Tensor dOut = grads[0].to(type).contiguous();
    at::Tensor dGated = product(dOut, inType(down, type));
    const at::Tensor dInner = at::empty_like(inner);
    const int64_t rows = inner.size(0), width = inner.size(1) / 2;
    Kernel("activation", "swigluBackward", type, widthOf(width))(
        {.blocks = blocksFor(rows * width / vectorOf(width), 256), .threads = 256}, in(inner), out(dGated), out(dInner),
        rows);
    inner.reset();
    const at::Tensor dDown = weightGrad(dOut, dGated);  // by now the gated product once more
    dGated.reset();
    const at::Tensor dWeights = weightGrad(dInner, x);
    const bool gateBias = ctx->saved_data["gateBias"].toBool(), upBias = ctx->saved_data["upBias"].toBool();
    const at::Tensor sums = gateBias || upBias ? columnSums(dInner) : at::Tensor();
    return {product(dInner, stackedInType({gate, up}, type)),
            dWeights.narrow(0, 0, width),
            dWeights.narrow(0, width, width),
            dDown,
            gateBias ? sums.narrow(0, 0, width) : Variable(),
            upBias ? sums.narrow(0, width, width) : Variable(),
            ctx->saved_data["downBias"].toBool() ? columnSums(dOut) : Variable()};
  }
};

at::Tensor swigluMlp(const at::Tensor& x, const at::Tensor& gate, const at::Tensor& up, const at::Tensor& down,
                     const std::optional<at::Tensor>& gateBias, const std::optional<at::Tensor>& upBias,
                     const std::optional<at::Tensor>& downBias) {
  constexpr const char* kOp = "swiglu_mlp";
  requireOnGpu(x, kOp, "x");
  requireOnGpu(gate, kOp, "gate", 2);
  requireOnGpu(up, kOp, "up", 2);
  requireOnGpu(down, kOp, "down", 2);
  TORCH_CHECK(x.dim() >= 1 && x.numel() > 0 && gate.numel() > 0 && down.numel() > 0 && x.size(-1) == gate.size(1) &&
                  gate.sizes() == up.sizes() && gate.size(0) == down.size(1),
              kOp, ": x (..., C), gate (D, C), up (D, C) and down (E, D) do not fit: ", x.sizes(), ", ", gate.sizes(),
              ", ", up.sizes(), ", ", down.sizes());
  const auto vectorFor = [&](const std::optional<at::Tensor>& bias, int64_t size, const char* name) {
    TORCH_CHECK(!bias || (bias->dim() == 1 && bias->size(0) == size), kOp, ": ", name, " must have ", size,
                " elements");
    return bias ? bias->contiguous() : at::Tensor();
  };
  const OwnTypes types;
  const Maps maps{gate.contiguous(),
                  up.contiguous(),
                  down.contiguous(),
                  vectorFor(gateBias, gate.size(0), "gate_bias"),
                  vectorFor(upBias, up.size(0), "up_bias"),
                  vectorFor(downBias, down.size(0), "down_bias")};
  const std::vector<int64_t> sizes = withLast(x, down.size(0));
  const at::Tensor rows = rowsOf(x, types.type);
  if (needsGrad({rows, maps.gate, maps.up, maps.down, maps.gateBias, maps.upBias, maps.downBias}))
    return SwigluMlp::apply(rows, maps.gate, maps.up, maps.down, present(maps.gateBias), present(maps.upBias),
                            present(maps.downBias))
        .view(sizes);
  return maps.outer(gatedOf(maps.inner(rows))).view(sizes);
}

}  // namespace

TORCH_LIBRARY_IMPL(trainer, TRAINER_GPU_KEY, m) {
  m.impl("gelu_mlp", &geluMlp);
  m.impl("swiglu_mlp", &swigluMlp);
}

}  // namespace trainer::cuda
