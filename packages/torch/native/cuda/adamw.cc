#include <ATen/ops/empty.h>
#include <torch/library.h>

#include <algorithm>
#include <iterator>
#include <vector>

#include "kernels/checks.h"
#include "rows.h"
#include "weight-copies.h"

namespace trainer::cuda {

namespace {

constexpr int64_t kStretch = 16384;  // as adamw.cu has it

/** A tensor and what belongs to it, as adamw.cu reads it. */
struct Row {
  void* param;
  const void* grad;
  void* expAvg;
  void* expAvgSq;
  void* copy;
  const void* step;
  int64_t count;
  int64_t firstBlock;
};

struct Rows {
  Row row[60];
  int64_t count;
};

/** Calls launch(rows, blocks, blocks before them) for as many rows at a time as a kernel's parameters hold. */
template <typename LaunchRows>
int64_t inGroups(const std::vector<Row>& rows, LaunchRows launch) {
  constexpr size_t kRows = std::size(Rows{}.row);
  int64_t before = 0;
  for (size_t first = 0; first < rows.size(); first += kRows) {
    Rows group{};
    int64_t blocks = 0;
    for (size_t i = first; i < std::min(rows.size(), first + kRows); ++i) {
      Row& row = group.row[group.count++] = rows[i];
      row.firstBlock = blocks;
      blocks += (row.count + kStretch - 1) / kStretch;
    }
    launch(group, blocks, before);
    before += blocks;
  }
  return before;
}

void requireNumbers(const at::Tensor& t, const char* op, const char* name) {
  requireOnGpu(t, op, name);
  TORCH_CHECK(t.scalar_type() == at::kFloat && t.is_contiguous() && t.numel() > 0, op, ": every tensor of ", name,
              " must be contiguous, float32 and not empty");
}

at::Tensor totalNorm(at::TensorList tensors) {
  constexpr const char* kOp = "total_norm";
  TORCH_CHECK(!tensors.empty(), kOp, ": there must be tensors");
  std::vector<at::Tensor> own;
  std::vector<Row> rows;
  for (const at::Tensor& t : tensors) {
    own.push_back(t.contiguous());
    requireNumbers(own.back(), kOp, "tensors");
    rows.push_back({nullptr, in(own.back()), nullptr, nullptr, nullptr, nullptr, own.back().numel(), 0});
  }
  const int64_t all = inGroups(rows, [](const Rows&, int64_t, int64_t) {});
  const at::Tensor partial = at::empty({all}, own[0].options()), norm = at::empty({}, own[0].options());
  const Kernel squares("adamw", "squares", at::kFloat);
  inGroups(rows, [&](const Rows& group, int64_t blocks, int64_t before) {
    squares({.blocks = static_cast<uint32_t>(blocks), .threads = 256}, group, out(partial.narrow(0, before, blocks)));
  });
  Kernel("adamw", "rootOfSum", at::kFloat)({.blocks = 1, .threads = 1024}, in(partial), static_cast<int32_t>(all),
                                           out(norm));
  return norm;
}

void adamwOnDevice(at::TensorList params, at::TensorList grads, at::TensorList expAvgs, at::TensorList expAvgSqs,
                   at::TensorList steps, const at::Tensor& lr, double beta1, double beta2, double eps,
                   double weightDecay, const std::optional<at::Tensor>& gradScale,
                   const std::optional<at::Tensor>& foundInf) {
  constexpr const char* kOp = "adamw_on_device_";
  const size_t count = params.size();
  TORCH_CHECK(count > 0 && grads.size() == count && expAvgs.size() == count && expAvgSqs.size() == count &&
                  steps.size() == count,
              kOp, ": lists of ", count, ", ", grads.size(), ", ", expAvgs.size(), ", ", expAvgSqs.size(), " and ",
              steps.size(), " tensors; they must be equally long");
  requireNumbers(lr, kOp, "lr");
  at::ScalarType type = at::kFloat;
  std::vector<at::Tensor> gradients, copies;
  for (size_t i = 0; i < count; ++i) {
    gradients.push_back(grads[i].contiguous());
    copies.push_back(copyOf(params[i]));
    if (type == at::kFloat && copies.back().defined()) type = copies.back().scalar_type();
  }
  std::vector<Row> rows;
  for (size_t i = 0; i < count; ++i) {
    requireNumbers(params[i], kOp, "params");
    requireNumbers(gradients[i], kOp, "grads");
    requireNumbers(expAvgs[i], kOp, "exp_avgs");
    requireNumbers(expAvgSqs[i], kOp, "exp_avg_sqs");
    requireNumbers(steps[i], kOp, "steps");
    TORCH_CHECK(params[i].sizes() == grads[i].sizes() && params[i].sizes() == expAvgs[i].sizes() &&
                    params[i].sizes() == expAvgSqs[i].sizes() && steps[i].numel() == 1,
                kOp, ": parameter ", i, " of ", params[i].sizes(), " has a gradient of ", grads[i].sizes(),
                " and moments of ", expAvgs[i].sizes(), " and ", expAvgSqs[i].sizes());
    if (copies[i].defined() && copies[i].scalar_type() != type) copies[i].reset();
    rows.push_back({out(params[i]), in(gradients[i]), out(expAvgs[i]), out(expAvgSqs[i]), out(copies[i]), in(steps[i]),
                    params[i].numel(), 0});
  }
  struct Scalars {
    double beta1, beta2;
    float eps, weightDecay;
  };
  const Scalars scalars{beta1, beta2, static_cast<float>(eps), static_cast<float>(weightDecay)};
  const Kernel kernel("adamw", "adamw", type);
  inGroups(rows, [&](const Rows& group, int64_t blocks, int64_t) {
    kernel({.blocks = static_cast<uint32_t>(blocks), .threads = 256}, group, scalars, in(lr),
           in(gradScale.value_or(at::Tensor())), in(foundInf.value_or(at::Tensor())));
  });
  for (size_t i = 0; i < count; ++i) {
    params[i].unsafeGetTensorImpl()->bump_version();
    if (copies[i].defined()) copyWritten(params[i]);
  }
}

}  // namespace

TORCH_LIBRARY_IMPL(trainer, TRAINER_GPU_KEY, m) {
  m.impl("total_norm", &totalNorm);
  m.impl("adamw_on_device_", &adamwOnDevice);
}

}  // namespace trainer::cuda
