#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/scalar_tensor.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "autograd.h"
#include "checks.h"
#include "gemm.h"
#include "library.h"
#include "table.h"

namespace trainer {

namespace {

constexpr const char* kOp = "linear_cross_entropy";

/** Rows of logits held at once: few enough to stay in cache, enough for full speed of the products. */
int64_t chunkRows(int64_t rows, int64_t classes) {
  constexpr int64_t kBytes = 4 << 20;
  const int64_t fit = kBytes / (static_cast<int64_t>(sizeof(float)) * std::max<int64_t>(1, classes));
  return std::max<int64_t>(1, std::min(rows, std::max<int64_t>(256, fit)));
}

/** Additions to the plain loss; 0: none. */
struct Extras {
  double zLoss = 0;    // times the square of each row's log-sum-exp (Chowdhery et al. 2022, section 5)
  double softcap = 0;  // logits become cap * tanh(logits / cap) (Gemma Team 2024)
};

struct Losses {
  at::Tensor mean;
  std::vector<double> rows;  // 0 where the target is ignored
  at::Tensor hiddenGrad;     // of the mean; undefined without gradients
  at::Tensor weightGrad;
};

int64_t countValid(const at::Tensor& targets, int64_t classes, int64_t ignoreIndex) {
  const int64_t* target = targets.const_data_ptr<int64_t>();
  int64_t valid = 0;
  for (int64_t i = 0; i < targets.numel(); ++i) {
    if (target[i] == ignoreIndex) continue;
    TORCH_CHECK(target[i] >= 0 && target[i] < classes, kOp, ": target ", target[i], " at position ", i,
                " is outside 0 to ", classes - 1, " and is not ignore_index ", ignoreIndex);
    ++valid;
  }
  return valid;
}

/** Logits, loss and gradients a chunk of rows at a time: no (N, V) is ever whole. */
Losses compute(const at::Tensor& hidden, const at::Tensor& weight, const at::Tensor& targets, int64_t ignoreIndex,
               bool hiddenGrad, bool weightGrad, Extras extras = {}) {
  const int64_t rows = hidden.size(0);
  const int64_t classes = weight.size(0);
  const int64_t valid = countValid(targets, classes, ignoreIndex);
  const bool grads = hiddenGrad || weightGrad;
  const float gradScale = grads && valid > 0 ? 1.0f / static_cast<float>(valid) : 0.0f;
  const int64_t* target = targets.const_data_ptr<int64_t>();
  const int64_t chunk = chunkRows(rows, classes);
  const at::Tensor buffer = at::empty({chunk, classes}, hidden.options());
  const float softcap = static_cast<float>(extras.softcap), zLoss = static_cast<float>(extras.zLoss);
  const at::Tensor slopes = softcap > 0 && gradScale != 0 ? at::empty_like(buffer) : at::Tensor();
  float* slope = slopes.defined() ? slopes.mutable_data_ptr<float>() : nullptr;
  Losses result;
  if (hiddenGrad) result.hiddenGrad = at::empty_like(hidden);
  if (weightGrad) result.weightGrad = valid > 0 ? at::empty_like(weight) : weight.new_zeros(weight.sizes());
  std::vector<double>& loss = result.rows;
  loss.resize(static_cast<size_t>(rows), 0.0);
  for (int64_t start = 0; start < rows; start += chunk) {
    const int64_t n = std::min(chunk, rows - start);
    const at::Tensor logits = buffer.narrow(0, 0, n);
    const at::Tensor part = hidden.narrow(0, start, n);
    productInto(logits, part, weight.t(), false);
    float* data = logits.mutable_data_ptr<float>();
    at::parallel_for(0, n, 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        float* row = data + i * classes;
        if (target[start + i] != ignoreIndex) {
          float* rowSlope = slope == nullptr ? nullptr : slope + i * classes;
          if (softcap > 0) kernels().softcapRow(row, rowSlope, classes, softcap);
          loss[start + i] = kernels().crossEntropyRow(row, classes, target[start + i], gradScale, zLoss);
          if (rowSlope != nullptr) kernels().multiplyRow(row, rowSlope, classes);
        } else if (grads) {
          std::fill(row, row + classes, 0.0f);
        }
      }
    });
    if (valid == 0) continue;
    if (hiddenGrad) productInto(result.hiddenGrad.narrow(0, start, n), logits, weight, false);
    if (weightGrad) productInto(result.weightGrad, logits.t(), part, start > 0);
  }
  if (hiddenGrad && valid == 0) result.hiddenGrad.zero_();
  double total = 0;
  for (const double l : loss) total += l;
  const double mean = valid > 0 ? total / static_cast<double>(valid) : std::numeric_limits<double>::quiet_NaN();
  result.mean = at::scalar_tensor(mean, hidden.options());
  return result;
}

/** The gradients are known when the loss is, so they are computed with it and the logits let go. */
struct LinearCrossEntropy : torch::autograd::Function<LinearCrossEntropy> {
  static Variable forward(AutogradContext* ctx, const Variable& hidden, const Variable& weight,
                          const at::Tensor& targets, int64_t ignoreIndex, double zLoss, double softcap) {
    Losses losses = compute(hidden.contiguous(), weight.contiguous(), targets.contiguous(), ignoreIndex,
                            hidden.requires_grad(), weight.requires_grad(), {zLoss, softcap});
    ctx->saved_data["hidden"] = std::move(losses.hiddenGrad);
    ctx->saved_data["weight"] = std::move(losses.weightGrad);
    return losses.mean;
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    TORCH_CHECK(ctx->saved_data.count("hidden") > 0, kOp, ": its gradients can be taken once");
    const float scale = grads[0].item<float>();
    // Handed over, not shared: a gradient nobody else holds becomes the parameter's .grad without a copy.
    const auto take = [&](const char* name) {
      at::Tensor grad = std::move(ctx->saved_data[name]).toTensor();
      if (grad.defined() && scale != 1.0f) grad.mul_(scale);
      return grad;
    };
    at::Tensor hidden = take("hidden");
    at::Tensor weight = take("weight");
    ctx->saved_data.clear();
    return {std::move(hidden), std::move(weight), Variable(), Variable(), Variable(), Variable()};
  }
};

void checkInputs(const at::Tensor& hidden, const at::Tensor& weight, const at::Tensor& targets) {
  requireFloat(hidden, kOp, "hidden", 2);
  requireFloat(weight, kOp, "weight", 2);
  TORCH_CHECK(targets.device().is_cpu() && targets.scalar_type() == at::kLong && targets.dim() == 1, kOp,
              ": targets must be int64 of one dimension on the CPU");
  TORCH_CHECK(hidden.size(1) == weight.size(1) && hidden.size(0) == targets.size(0), kOp,
              ": hidden (N, C), weight (V, C) and targets (N) do not fit: ", hidden.sizes(), ", ", weight.sizes(), ", ",
              targets.sizes());
  TORCH_CHECK(hidden.size(1) > 0 && weight.size(0) > 0, kOp, ": C and V must be at least 1");
}

at::Tensor linearCrossEntropyWith(const at::Tensor& hidden, const at::Tensor& weight, const at::Tensor& targets,
                                  int64_t ignoreIndex, double zLoss, double softcap) {
  checkInputs(hidden, weight, targets);
  TORCH_CHECK(zLoss >= 0 && softcap >= 0, kOp, ": z_loss and softcap must be at least 0, not ", zLoss, " and ",
              softcap);
  if (needsGrad({hidden, weight}))
    return LinearCrossEntropy::apply(hidden, weight, targets, ignoreIndex, zLoss, softcap);
  return compute(hidden.contiguous(), weight.contiguous(), targets.contiguous(), ignoreIndex, false, false,
                 {zLoss, softcap})
      .mean;
}

at::Tensor linearCrossEntropy(const at::Tensor& hidden, const at::Tensor& weight, const at::Tensor& targets,
                              int64_t ignoreIndex) {
  return linearCrossEntropyWith(hidden, weight, targets, ignoreIndex, 0, 0);
}

at::Tensor linearCrossEntropyRowsWith(const at::Tensor& hidden, const at::Tensor& weight, const at::Tensor& targets,
                                      int64_t ignoreIndex, double softcap) {
  checkInputs(hidden, weight, targets);
  TORCH_CHECK(!needsGrad({hidden, weight}), kOp, "_rows: it has no gradient");
  const std::vector<double> rows =
      compute(hidden.contiguous(), weight.contiguous(), targets.contiguous(), ignoreIndex, false, false, {0, softcap})
          .rows;
  const at::Tensor losses = at::empty({hidden.size(0)}, hidden.options());
  std::copy(rows.begin(), rows.end(), losses.mutable_data_ptr<float>());
  return losses;
}

at::Tensor linearCrossEntropyRows(const at::Tensor& hidden, const at::Tensor& weight, const at::Tensor& targets,
                                  int64_t ignoreIndex) {
  return linearCrossEntropyRowsWith(hidden, weight, targets, ignoreIndex, 0);
}

}  // namespace

TRAINER_OPERATORS(m) {
  m.def("linear_cross_entropy(Tensor hidden, Tensor weight, Tensor targets, int ignore_index=-100) -> Tensor",
        &linearCrossEntropy);
  m.def("linear_cross_entropy_rows(Tensor hidden, Tensor weight, Tensor targets, int ignore_index=-100) -> Tensor",
        &linearCrossEntropyRows);
  // The same with a z-loss and a cap of the logits, on the CPU alone.
  m.def(
      "linear_cross_entropy_with(Tensor hidden, Tensor weight, Tensor targets, int ignore_index, float z_loss, "
      "float softcap) -> Tensor",
      &linearCrossEntropyWith);
  m.def(
      "linear_cross_entropy_rows_with(Tensor hidden, Tensor weight, Tensor targets, int ignore_index, float softcap) "
      "-> Tensor",
      &linearCrossEntropyRowsWith);
}

}  // namespace trainer
