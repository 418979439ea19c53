#include <ATen/Parallel.h>
#include <ATen/ops/empty_like.h>

#include "autograd.h"
#include "checks.h"
#include "library.h"
#include "table.h"

namespace trainer {

namespace {

constexpr const char* kOp = "dropout";

at::Tensor masked(const at::Tensor& x, double dropout, uint64_t seed) {
  const int64_t width = x.size(-1);
  const at::Tensor y = at::empty_like(x);
  const float* from = x.const_data_ptr<float>();
  float* to = y.mutable_data_ptr<float>();
  at::parallel_for(0, x.numel() / width, 16, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row)
      kernels().dropoutRow(from + row * width, to + row * width, row, width, static_cast<float>(dropout), seed);
  });
  return y;
}

/** The mask is a function of the seed, so the seed is all that is kept. */
struct Dropout : torch::autograd::Function<Dropout> {
  static Variable forward(AutogradContext* ctx, const Variable& x, double dropout, uint64_t seed) {
    ctx->saved_data["dropout"] = dropout;
    ctx->saved_data["seed"] = static_cast<int64_t>(seed);
    return masked(x, dropout, seed);
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    return {masked(grads[0].contiguous(), ctx->saved_data["dropout"].toDouble(),
                   static_cast<uint64_t>(ctx->saved_data["seed"].toInt())),
            Variable(), Variable()};
  }
};

at::Tensor dropoutOp(const at::Tensor& x, double dropout) {
  requireFloat(x, kOp, "x", -1);
  requireDropout(dropout, kOp);
  if (x.numel() == 0 || dropout == 0) return x.clone();
  const uint64_t seed = drawSeed();
  const at::Tensor rows = x.dim() == 0 ? x.reshape({1}) : x.contiguous();
  const at::Tensor y = needsGrad({x}) ? at::Tensor(Dropout::apply(rows, dropout, seed)) : masked(rows, dropout, seed);
  return y.view(x.sizes());
}

}  // namespace

TRAINER_OPERATORS(m) { m.def("dropout(Tensor x, float dropout) -> Tensor", &dropoutOp); }

}  // namespace trainer
