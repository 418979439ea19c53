#include <ATen/ops/empty.h>
#include <torch/library.h>

#include <cstring>
#include <vector>

#include "kernels/checks.h"
#include "rows.h"
#include "weight-copies.h"

namespace trainer::cuda {

namespace {

constexpr int64_t kStretch = 16384;  // as adamw.cu has it

/** A row of the table that adamw.cu reads: where a tensor and what belongs to it lie. */
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

/** The table on the device. The copy waits for nobody: pinned memory is not reused before it is done. */
at::Tensor upload(const std::vector<Row>& rows, const at::Tensor& like) {
  const auto bytes = static_cast<int64_t>(rows.size() * sizeof(Row));
  const at::Tensor host = at::empty({bytes}, at::TensorOptions(at::kByte).pinned_memory(true));
  std::memcpy(host.mutable_data_ptr(), rows.data(), static_cast<size_t>(bytes));
  return host.to(like.device(), /*non_blocking=*/true);
}

/** Gives each row its first block; how many blocks there are in all. */
int64_t placeBlocks(std::vector<Row>& rows) {
  int64_t blocks = 0;
  for (Row& row : rows) {
    row.firstBlock = blocks;
    blocks += (row.count + kStretch - 1) / kStretch;
  }
  return blocks;
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
  const int64_t blocks = placeBlocks(rows);
  const at::Tensor table = upload(rows, own[0]);
  const at::Tensor partial = at::empty({blocks}, own[0].options()), norm = at::empty({}, own[0].options());
  Kernel("adamw", "squares", at::kFloat)({.blocks = static_cast<uint32_t>(blocks), .threads = 256}, in(table),
                                         static_cast<int32_t>(rows.size()), out(partial));
  Kernel("adamw", "rootOfSum", at::kFloat)({.blocks = 1, .threads = 1024}, in(partial), static_cast<int32_t>(blocks),
                                           out(norm));
  return norm;
}

void adamwOnDevice(at::TensorList params, at::TensorList grads, at::TensorList expAvgs, at::TensorList expAvgSqs,
                   at::TensorList steps, double lr, double beta1, double beta2, double eps, double weightDecay,
                   const std::optional<at::Tensor>& gradScale, const std::optional<at::Tensor>& foundInf) {
  constexpr const char* kOp = "adamw_on_device_";
  const size_t count = params.size();
  TORCH_CHECK(count > 0 && grads.size() == count && expAvgs.size() == count && expAvgSqs.size() == count &&
                  steps.size() == count,
              kOp, ": lists of ", count, ", ", grads.size(), ", ", expAvgs.size(), ", ", expAvgSqs.size(), " and ",
              steps.size(), " tensors; they must be equally long");
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
  const int64_t blocks = placeBlocks(rows);
  const at::Tensor table = upload(rows, params[0]);
  struct Scalars {
    float lr, beta1, beta2, eps, weightDecay;
  };
  const Scalars scalars{static_cast<float>(lr), static_cast<float>(beta1), static_cast<float>(beta2),
                        static_cast<float>(eps), static_cast<float>(weightDecay)};
  Kernel("adamw", "adamw", type)({.blocks = static_cast<uint32_t>(blocks), .threads = 256}, in(table),
                                 static_cast<int32_t>(count), scalars, in(gradScale.value_or(at::Tensor())),
                                 in(foundInf.value_or(at::Tensor())));
  for (size_t i = 0; i < count; ++i) {
    params[i].unsafeGetTensorImpl()->bump_version();
    if (copies[i].defined()) copyWritten(params[i]);
  }
}

}  // namespace

TORCH_LIBRARY_IMPL(trainer, AutogradCUDA, m) {
  m.impl("total_norm", &totalNorm);
  m.impl("adamw_on_device_", &adamwOnDevice);
}

}  // namespace trainer::cuda
