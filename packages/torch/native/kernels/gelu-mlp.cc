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

constexpr const char* kOp = "gelu_mlp";

struct Forward {
  at::Tensor out;      // (N, C)
  at::Tensor preGelu;  // (N, D); undefined without gradients
};

Forward forwardOf(const at::Tensor& x, const at::Tensor& w1, const at::Tensor& b1, const at::Tensor& w2,
                  const at::Tensor& b2, bool keep) {
  const int64_t rows = x.size(0);
  const int64_t wide = w1.size(1);
  const int64_t chunk = chunkRows(rows, wide);
  Forward result{at::empty({rows, w2.size(1)}, x.options()), {}};
  if (keep) result.preGelu = at::empty({rows, wide}, x.options());
  const at::Tensor before = keep ? result.preGelu : at::empty({chunk, wide}, x.options());
  const at::Tensor after = at::empty({chunk, wide}, x.options());
  const float* bias = b1.const_data_ptr<float>();
  for (int64_t start = 0; start < rows; start += chunk) {
    const int64_t n = std::min(chunk, rows - start);
    const at::Tensor pre = before.narrow(0, keep ? start : 0, n);
    const at::Tensor y = after.narrow(0, 0, n);
    productInto(pre, x.narrow(0, start, n), w1, false);
    float* preData = pre.mutable_data_ptr<float>();
    float* yData = y.mutable_data_ptr<float>();
    at::parallel_for(0, n, 8, [&](int64_t begin, int64_t end) {
      kernels().biasGeluForward(preData, bias, yData, begin, end, wide);
    });
    const at::Tensor out = result.out.narrow(0, start, n);
    productInto(out, y, w2, false);
    out.add_(b2);
  }
  return result;
}

/** Keeps the input and the pre-activation; GELU's output is made again where the backward pass needs it. */
struct GeluMlp : torch::autograd::Function<GeluMlp> {
  static Variable forward(AutogradContext* ctx, const Variable& x, const Variable& w1, const Variable& b1,
                          const Variable& w2, const Variable& b2) {
    Forward f = forwardOf(x, w1, b1, w2, b2, true);
    ctx->save_for_backward({x, w1, w2});
    ctx->saved_data["pre"] = std::move(f.preGelu);
    return f.out;
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    const variable_list saved = ctx->get_saved_variables();
    const at::Tensor &x = saved[0], &w1 = saved[1], &w2 = saved[2];
    const at::Tensor pre = ctx->saved_data["pre"].toTensor();
    const at::Tensor dOut = grads[0].contiguous();
    const int64_t rows = x.size(0);
    const int64_t wide = w1.size(1);
    const int64_t chunk = chunkRows(rows, wide);
    const at::Tensor after = at::empty({chunk, wide}, x.options());
    const at::Tensor dAfter = at::empty({chunk, wide}, x.options());
    const at::Tensor dx = at::empty_like(x), dw1 = at::empty_like(w1), dw2 = at::empty_like(w2);
    at::Tensor db1;
    for (int64_t start = 0; start < rows; start += chunk) {
      const int64_t n = std::min(chunk, rows - start);
      const at::Tensor dOutPart = dOut.narrow(0, start, n);
      const at::Tensor y = after.narrow(0, 0, n), dy = dAfter.narrow(0, 0, n);
      productInto(dy, dOutPart, w2.t(), false);
      const float* preData = pre.narrow(0, start, n).const_data_ptr<float>();
      float* yData = y.mutable_data_ptr<float>();
      float* dyData = dy.mutable_data_ptr<float>();
      at::Tensor db = sumOverRows(n, wide, [&](int64_t begin, int64_t end, float* sum) {
        kernels().biasGeluBackward(preData, yData, dyData, sum, begin, end, wide);
      });
      db1 = db1.defined() ? db1.add_(db) : db;
      productInto(dw2, y.t(), dOutPart, start > 0);
      productInto(dw1, x.narrow(0, start, n).t(), dy, start > 0);
      productInto(dx.narrow(0, start, n), dy, w1.t(), false);
    }
    return {dx, dw1, db1, dw2, columnSum(dOut)};
  }
};

at::Tensor geluMlp(const at::Tensor& x, const at::Tensor& w1, const at::Tensor& b1, const at::Tensor& w2,
                   const at::Tensor& b2) {
  requireFloat(x, kOp, "x", -1);
  requireFloat(w1, kOp, "w1", 2);
  requireFloat(b1, kOp, "b1", 1);
  requireFloat(w2, kOp, "w2", 2);
  requireFloat(b2, kOp, "b2", 1);
  TORCH_CHECK(x.dim() >= 1 && x.numel() > 0 && w1.numel() > 0 && w2.numel() > 0 && x.size(-1) == w1.size(0) &&
                  w1.size(1) == b1.size(0) && w1.size(1) == w2.size(0) && w2.size(1) == b2.size(0),
              kOp, ": x (..., C), w1 (C, D), b1 (D), w2 (D, E) and b2 (E) do not fit: ", x.sizes(), ", ", w1.sizes(),
              ", ", b1.sizes(), ", ", w2.sizes(), ", ", b2.sizes());
  const std::vector<int64_t> sizes = withLast(x, w2.size(1));
  const at::Tensor rows = x.reshape({-1, w1.size(0)}).contiguous();
  const at::Tensor bias = b1.contiguous();
  if (needsGrad({x, w1, b1, w2, b2})) return GeluMlp::apply(rows, w1, bias, w2, b2).view(sizes);
  return forwardOf(rows, w1, bias, w2, b2, false).out.view(sizes);
}

}  // namespace

TRAINER_OPERATORS(m) { m.def("gelu_mlp(Tensor x, Tensor w1, Tensor b1, Tensor w2, Tensor b2) -> Tensor", &geluMlp); }

}  // namespace trainer
