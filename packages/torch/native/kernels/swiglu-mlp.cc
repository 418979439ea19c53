#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>

#include <algorithm>

#include "autograd.h"
#include "checks.h"
#include "gemm.h"
#include "library.h"
#include "linear.h"
#include "table.h"

namespace trainer {

namespace {

constexpr const char* kOp = "swiglu_mlp";

/** The three maps, weights stored (out, in); biases may be undefined. */
struct Maps {
  at::Tensor gate, up, down;              // (D, C), (D, C), (E, D)
  at::Tensor gateBias, upBias, downBias;  // (D), (D), (E)
};

void affine(const at::Tensor& out, const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  productInto(out, x, weight.t(), false);
  if (bias.defined()) out.add_(bias);
}

struct Forward {
  at::Tensor out;    // (N, E)
  at::Tensor inner;  // (N, 2 D): what gates and what is gated, side by side; undefined without gradients
};

Forward forwardOf(const at::Tensor& x, const Maps& maps, bool keep) {
  const int64_t rows = x.size(0), wide = maps.gate.size(0);
  const int64_t chunk = chunkRows(rows, wide);
  Forward result{at::empty({rows, maps.down.size(0)}, x.options()), {}};
  const at::Tensor inner = at::empty({keep ? rows : chunk, 2 * wide}, x.options());
  const at::Tensor gated = at::empty({chunk, wide}, x.options());
  for (int64_t start = 0; start < rows; start += chunk) {
    const int64_t n = std::min(chunk, rows - start), at = keep ? start : 0;
    const at::Tensor part = x.narrow(0, start, n);
    const at::Tensor own = inner.narrow(0, at, n), y = gated.narrow(0, 0, n);
    affine(own.narrow(1, 0, wide), part, maps.gate, maps.gateBias);
    affine(own.narrow(1, wide, wide), part, maps.up, maps.upBias);
    const float* innerData = own.const_data_ptr<float>();
    float* yData = y.mutable_data_ptr<float>();
    at::parallel_for(0, n, 8,
                     [&](int64_t begin, int64_t end) { kernels().swigluForward(innerData, yData, begin, end, wide); });
    affine(result.out.narrow(0, start, n), y, maps.down, maps.downBias);
  }
  if (keep) result.inner = inner;
  return result;
}

/** Keeps the input and what gates and is gated; their product is made again where the backward pass needs it. */
struct SwigluMlp : torch::autograd::Function<SwigluMlp> {
  static Variable forward(AutogradContext* ctx, const Variable& x, const Variable& gate, const Variable& up,
                          const Variable& down, const std::optional<Variable>& gateBias,
                          const std::optional<Variable>& upBias, const std::optional<Variable>& downBias) {
    const auto orNone = [](const std::optional<Variable>& bias) { return bias.value_or(Variable()); };
    Forward f = forwardOf(x, {gate, up, down, orNone(gateBias), orNone(upBias), orNone(downBias)}, true);
    ctx->save_for_backward({x, gate, up, down});
    ctx->saved_data["inner"] = std::move(f.inner);
    ctx->saved_data["gateBias"] = gateBias.has_value();
    ctx->saved_data["upBias"] = upBias.has_value();
    ctx->saved_data["downBias"] = downBias.has_value();
    return f.out;
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    const variable_list saved = ctx->get_saved_variables();
    const at::Tensor &x = saved[0], &wGate = saved[1], &wUp = saved[2], &wDown = saved[3];
    const at::Tensor inner = ctx->saved_data["inner"].toTensor();
    const at::Tensor dOut = grads[0].contiguous();
    const int64_t rows = x.size(0), wide = wGate.size(0);
    const int64_t chunk = chunkRows(rows, wide);
    const at::Tensor gated = at::empty({chunk, wide}, x.options()), dGated = at::empty({chunk, wide}, x.options());
    const at::Tensor dInner = at::empty({chunk, 2 * wide}, x.options());
    const at::Tensor dx = at::empty_like(x);
    const at::Tensor dInnerWeight = at::empty({2 * wide, x.size(1)}, x.options());  // gate's over up's
    const at::Tensor dDownWeight = at::empty_like(wDown);
    const bool gateBias = ctx->saved_data["gateBias"].toBool(), upBias = ctx->saved_data["upBias"].toBool();
    at::Tensor dInnerBias;
    for (int64_t start = 0; start < rows; start += chunk) {
      const int64_t n = std::min(chunk, rows - start);
      const at::Tensor part = x.narrow(0, start, n), dOutPart = dOut.narrow(0, start, n);
      const at::Tensor y = gated.narrow(0, 0, n), dy = dGated.narrow(0, 0, n), d = dInner.narrow(0, 0, n);
      productInto(dy, dOutPart, wDown, false);
      const float* innerData = inner.narrow(0, start, n).const_data_ptr<float>();
      const float* dyData = dy.const_data_ptr<float>();
      float *yData = y.mutable_data_ptr<float>(), *dData = d.mutable_data_ptr<float>();
      at::parallel_for(0, n, 8, [&](int64_t begin, int64_t end) {
        kernels().swigluBackward(innerData, dyData, yData, dData, begin, end, wide);
      });
      productInto(dDownWeight, dOutPart.t(), y, start > 0);
      productInto(dInnerWeight, d.t(), part, start > 0);
      const at::Tensor dPart = dx.narrow(0, start, n);
      productInto(dPart, d.narrow(1, 0, wide), wGate, false);
      productInto(dPart, d.narrow(1, wide, wide), wUp, true);
      if (gateBias || upBias) dInnerBias = dInnerBias.defined() ? dInnerBias.add_(columnSum(d)) : columnSum(d);
    }
    const at::Tensor dDownBias = ctx->saved_data["downBias"].toBool() ? columnSum(dOut) : at::Tensor();
    const auto half = [&](const at::Tensor& t, int64_t i) { return t.narrow(0, i * wide, wide); };
    return {dx,
            half(dInnerWeight, 0),
            half(dInnerWeight, 1),
            dDownWeight,
            gateBias ? half(dInnerBias, 0) : at::Tensor(),
            upBias ? half(dInnerBias, 1) : at::Tensor(),
            dDownBias};
  }
};

at::Tensor contiguousOr(const std::optional<at::Tensor>& bias, int64_t size, const char* name) {
  if (!bias) return {};
  requireFloat(*bias, kOp, name, 1);
  TORCH_CHECK(bias->size(0) == size, kOp, ": ", name, " must have ", size, " elements, not ", bias->size(0));
  return bias->contiguous();
}

at::Tensor swigluMlp(const at::Tensor& x, const at::Tensor& gate, const at::Tensor& up, const at::Tensor& down,
                     const std::optional<at::Tensor>& gateBias, const std::optional<at::Tensor>& upBias,
                     const std::optional<at::Tensor>& downBias) {
  requireFloat(x, kOp, "x", -1);
  requireFloat(gate, kOp, "gate", 2);
  requireFloat(up, kOp, "up", 2);
  requireFloat(down, kOp, "down", 2);
  TORCH_CHECK(x.dim() >= 1 && x.numel() > 0 && gate.numel() > 0 && down.numel() > 0 && x.size(-1) == gate.size(1) &&
                  gate.sizes() == up.sizes() && gate.size(0) == down.size(1),
              kOp, ": x (..., C), gate (D, C), up (D, C) and down (E, D) do not fit: ", x.sizes(), ", ", gate.sizes(),
              ", ", up.sizes(), ", ", down.sizes());
  const Maps maps{gate.contiguous(),
                  up.contiguous(),
                  down.contiguous(),
                  contiguousOr(gateBias, gate.size(0), "gate_bias"),
                  contiguousOr(upBias, up.size(0), "up_bias"),
                  contiguousOr(downBias, down.size(0), "down_bias")};
  const std::vector<int64_t> sizes = withLast(x, down.size(0));
  const at::Tensor rows = x.reshape({-1, gate.size(1)}).contiguous();
  if (needsGrad({rows, maps.gate, maps.up, maps.down, maps.gateBias, maps.upBias, maps.downBias}))
    return SwigluMlp::apply(rows, maps.gate, maps.up, maps.down, present(maps.gateBias), present(maps.upBias),
                            present(maps.downBias))
        .view(sizes);
  return forwardOf(rows, maps, false).out.view(sizes);
}

}  // namespace

TRAINER_OPERATORS(m) {
  m.def(
      "swiglu_mlp(Tensor x, Tensor gate, Tensor up, Tensor down, Tensor? gate_bias=None, Tensor? up_bias=None, "
      "Tensor? down_bias=None) -> Tensor",
      &swigluMlp);
}

}  // namespace trainer
