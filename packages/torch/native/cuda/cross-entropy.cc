#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/zeros.h>
#include <torch/library.h>

#include <algorithm>

#include "kernels/autograd.h"
#include "kernels/checks.h"
#include "product.h"
#include "rows.h"
#include "weight-copies.h"

namespace trainer::cuda {

namespace {

constexpr const char* kOp = "linear_cross_entropy";

struct Losses {
  at::Tensor rows;                    // (N) float32
  at::Tensor hiddenGrad, weightGrad;  // of the sum of losses; undefined where not wanted
};

/** The logits are made some rows at a time, and become their own gradient: no (N, V) is ever whole. */
Losses compute(const at::Tensor& hidden, const at::Tensor& weight, const at::Tensor& targets, int64_t ignored,
               bool hiddenWanted, bool weightWanted) {
  constexpr int64_t kLogits = 512 << 20;  // bytes of them at most
  const auto type = hidden.scalar_type();
  const int64_t rows = hidden.size(0), vocabulary = weight.size(0);
  const at::Tensor w = paddedInType(weight, type);
  const bool padded = w.size(0) % 8 == 0;
  const at::Tensor columns = padded ? w : [&] {  // a weight that is used as it is has no padding
    const at::Tensor more = at::zeros({(vocabulary + 7) / 8 * 8, w.size(1)}, w.options());
    more.narrow(0, 0, vocabulary).copy_(w);
    return more;
  }();
  const int64_t stride = columns.size(0);
  const int64_t each = std::min(
      rows, std::max<int64_t>(128, kLogits / (stride * static_cast<int64_t>(hidden.element_size())) / 128 * 128));
  const bool gradient = hiddenWanted || weightWanted;
  Losses l{at::empty({rows}, hidden.options().dtype(at::kFloat)), {}, {}};
  if (hiddenWanted) l.hiddenGrad = at::empty_like(hidden);
  const at::Tensor weightGrad =
      weightWanted ? at::empty(columns.sizes(), hidden.options().dtype(at::kFloat)) : at::Tensor();
  const at::Tensor buffer = at::empty({each, stride}, hidden.options());
  // A row in shared memory is read once; larger ones go through memory twice.
  const int64_t shared = stride * static_cast<int64_t>(hidden.element_size());
  const bool fits = type != at::kFloat && shared <= sharedBytesOfBlock() - 2048;
  const Kernel kernel("cross-entropy", fits ? "crossEntropyInShared" : "crossEntropy", type);
  for (int64_t from = 0; from < rows; from += each) {
    const int64_t n = std::min(each, rows - from);
    const at::Tensor part = hidden.narrow(0, from, n), logits = buffer.narrow(0, 0, n);
    productInto(logits, part, columns.t());
    kernel({.blocks = static_cast<uint32_t>(n),
            .threads = fits ? 512u : 1024u,
            .sharedBytes = static_cast<uint32_t>(fits ? shared : 0)},
           out(logits), in(targets.narrow(0, from, n)), out(l.rows.narrow(0, from, n)),
           static_cast<int32_t>(vocabulary), static_cast<int32_t>(stride), ignored, static_cast<int32_t>(gradient));
    if (hiddenWanted) productInto(l.hiddenGrad.narrow(0, from, n), logits, columns);
    if (weightWanted) productInto(weightGrad, logits.t(), part, {{}, from > 0});
  }
  if (weightWanted) l.weightGrad = weightGrad.narrow(0, 0, vocabulary);
  return l;
}

struct Mean {
  at::Tensor loss, count;
};

Mean meanOf(const at::Tensor& rows, const at::Tensor& targets, int64_t ignored) {
  const Mean m{at::empty({}, rows.options()), at::empty({}, rows.options())};
  Kernel("cross-entropy", "meanLoss", at::kFloat)({.blocks = 1, .threads = 1024}, in(rows), in(targets), out(m.loss),
                                                  out(m.count), rows.size(0), ignored);
  return m;
}

/** Scales by a factor that only the device knows, in float32 for every type. */
void scaleInPlace(const at::Tensor& t, const at::Tensor& factor) {
  const int64_t vectors = t.numel() / 4;
  Kernel("cross-entropy", "scale", t.scalar_type())(
      {.blocks = blocksFor(std::max<int64_t>(vectors, 1), 256), .threads = 256}, out(t), in(factor), t.numel());
}

/** The gradients are known when the loss is, so they are computed with it and the logits let go. */
struct LinearCrossEntropy : torch::autograd::Function<LinearCrossEntropy> {
  static Variable forward(AutogradContext* ctx, const Variable& hidden, const Variable& weight,
                          const at::Tensor& targets, int64_t ignored) {
    Losses l = compute(hidden, weight, targets, ignored, hidden.requires_grad(), weight.requires_grad());
    Mean m = meanOf(l.rows, targets, ignored);
    ctx->saved_data["hidden"] = std::move(l.hiddenGrad);
    ctx->saved_data["weight"] = std::move(l.weightGrad);
    ctx->saved_data["count"] = std::move(m.count);
    return m.loss;
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    const OwnTypes types;
    TORCH_CHECK(ctx->saved_data.count("hidden") > 0, kOp, ": its gradients can be taken once");
    // Until here they are of the sum: those of a mean over many tokens would vanish in float16.
    const at::Tensor scale = grads[0].to(at::kFloat).div(ctx->saved_data["count"].toTensor());
    const auto take = [&](const char* name) {
      at::Tensor grad = std::move(ctx->saved_data[name]).toTensor();
      if (grad.defined()) scaleInPlace(grad, scale);
      return grad;
    };
    at::Tensor hidden = take("hidden"), weight = take("weight");
    ctx->saved_data.clear();
    return {std::move(hidden), std::move(weight), Variable(), Variable()};
  }
};

void checkInputs(const at::Tensor& hidden, const at::Tensor& weight, const at::Tensor& targets) {
  requireOnGpu(hidden, kOp, "hidden", 2);
  requireOnGpu(weight, kOp, "weight", 2);
  TORCH_CHECK(isOnGpu(targets) && targets.scalar_type() == at::kLong && targets.dim() == 1, kOp,
              ": targets must be int64 of one dimension on the GPU");
  TORCH_CHECK(
      hidden.size(1) == weight.size(1) && hidden.size(0) == targets.size(0) && hidden.numel() > 0 && weight.numel() > 0,
      kOp, ": hidden (N, C), weight (V, C) and targets (N) do not fit: ", hidden.sizes(), ", ", weight.sizes(), ", ",
      targets.sizes());
}

at::Tensor linearCrossEntropy(const at::Tensor& hidden, const at::Tensor& weight, const at::Tensor& targets,
                              int64_t ignored) {
  checkInputs(hidden, weight, targets);
  const OwnTypes types;
  const at::Tensor rows = rowsOf(hidden, types.type), to = targets.contiguous();
  if (needsGrad({rows, weight})) return LinearCrossEntropy::apply(rows, weight, to, ignored);
  return meanOf(compute(rows, weight, to, ignored, false, false).rows, to, ignored).loss;
}

at::Tensor linearCrossEntropyRows(const at::Tensor& hidden, const at::Tensor& weight, const at::Tensor& targets,
                                  int64_t ignored) {
  checkInputs(hidden, weight, targets);
  TORCH_CHECK(!needsGrad({hidden, weight}), kOp, "_rows: it has no gradient");
  const OwnTypes types;
  return compute(rowsOf(hidden, types.type), weight, targets.contiguous(), ignored, false, false).rows;
}

}  // namespace

TORCH_LIBRARY_IMPL(trainer, TRAINER_GPU_KEY, m) {
  m.impl("linear_cross_entropy", &linearCrossEntropy);
  m.impl("linear_cross_entropy_rows", &linearCrossEntropyRows);
}

}  // namespace trainer::cuda
