#include <ATen/Parallel.h>
#include <ATen/ops/scalar_tensor.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "checks.h"
#include "library.h"
#include "table.h"

namespace trainer {

namespace {

struct Run {
  size_t tensor;
  int64_t offset;
  int64_t count;
};

/** All tensors as runs of equal cost, so that threads share the work evenly however the sizes differ. */
std::vector<Run> runsOf(at::TensorList tensors) {
  constexpr int64_t kRun = 1 << 16;
  std::vector<Run> runs;
  for (size_t i = 0; i < tensors.size(); ++i)
    for (int64_t at = 0; at < tensors[i].numel(); at += kRun)
      runs.push_back({i, at, std::min(kRun, tensors[i].numel() - at)});
  return runs;
}

void requireList(const at::Tensor& t, const char* op, const char* name) {
  requireFloat(t, op, name, -1);
  TORCH_CHECK(t.is_contiguous(), op, ": every tensor of ", name, " must be contiguous");
}

/** The L2 norm of all tensors together, float32. Sums in a fixed order: equal for every number of threads. */
at::Tensor totalNorm(at::TensorList tensors) {
  constexpr const char* kOp = "total_norm";
  std::vector<at::Tensor> own;
  for (const at::Tensor& t : tensors) {
    requireFloat(t, kOp, "tensors", -1);
    own.push_back(t.contiguous());
  }
  const std::vector<Run> runs = runsOf(own);
  std::vector<double> sums(runs.size());
  at::parallel_for(0, static_cast<int64_t>(runs.size()), 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      sums[i] = kernels().sumOfSquares(own[runs[i].tensor].const_data_ptr<float>() + runs[i].offset, runs[i].count);
  });
  double total = 0;
  for (const double s : sums) total += s;
  return at::scalar_tensor(std::sqrt(total), at::kFloat);
}

/** libtorch's fused updates do not count as changes: caches that follow a tensor would not notice them. */
void changed(at::TensorList tensors) {
  for (const at::Tensor& t : tensors) t.unsafeGetTensorImpl()->bump_version();
}

/**
 * One AdamW step (Loshchilov and Hutter 2019) as PyTorch defines it, for all parameters in one pass over memory.
 * `steps` count from 1; every gradient is multiplied by `grad_scale` on the way: clipping costs no pass of its own.
 */
void adamw(at::TensorList params, at::TensorList grads, at::TensorList expAvgs, at::TensorList expAvgSqs,
           at::TensorList steps, double lr, double beta1, double beta2, double eps, double weightDecay,
           double gradScale) {
  constexpr const char* kOp = "adamw_";
  TORCH_CHECK(params.size() == grads.size() && params.size() == expAvgs.size() && params.size() == expAvgSqs.size() &&
                  params.size() == steps.size(),
              kOp, ": lists of ", params.size(), ", ", grads.size(), ", ", expAvgs.size(), ", ", expAvgSqs.size(),
              " and ", steps.size(), " tensors; they must be equally long");
  std::vector<AdamWScalars> scalars;
  std::vector<at::Tensor> gradients(grads.begin(), grads.end());
  for (size_t i = 0; i < params.size(); ++i) {
    requireFloat(gradients[i], kOp, "grads", -1);
    gradients[i] = gradients[i].contiguous();
    requireList(params[i], kOp, "params");
    requireList(expAvgs[i], kOp, "exp_avgs");
    requireList(expAvgSqs[i], kOp, "exp_avg_sqs");
    TORCH_CHECK(params[i].sizes() == grads[i].sizes() && params[i].sizes() == expAvgs[i].sizes() &&
                    params[i].sizes() == expAvgSqs[i].sizes(),
                kOp, ": parameter ", i, " of ", params[i].sizes(), " has a gradient of ", grads[i].sizes(),
                " and moments of ", expAvgs[i].sizes(), " and ", expAvgSqs[i].sizes());
    TORCH_CHECK(steps[i].numel() == 1 && steps[i].device().is_cpu(), kOp, ": every step must be one number on the CPU");
    const double step = steps[i].item<double>();
    TORCH_CHECK(step >= 1, kOp, ": steps count from 1, not ", step);
    scalars.push_back({static_cast<float>(1.0 - lr * weightDecay), static_cast<float>(1.0 - beta1),
                       static_cast<float>(beta2), static_cast<float>(1.0 - beta2),
                       static_cast<float>(lr / (1.0 - std::pow(beta1, step))),
                       static_cast<float>(std::sqrt(1.0 - std::pow(beta2, step))), static_cast<float>(eps),
                       static_cast<float>(gradScale)});
  }
  const std::vector<Run> runs = runsOf(params);
  at::parallel_for(0, static_cast<int64_t>(runs.size()), 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const Run& run = runs[i];
      kernels().adamw(params[run.tensor].mutable_data_ptr<float>() + run.offset,
                      gradients[run.tensor].const_data_ptr<float>() + run.offset,
                      expAvgs[run.tensor].mutable_data_ptr<float>() + run.offset,
                      expAvgSqs[run.tensor].mutable_data_ptr<float>() + run.offset, run.count, scalars[run.tensor]);
    }
  });
  changed(params);
}

/** One step of schedule-free AdamW (Defazio et al. 2024) for all parameters, of which `params` holds y, in one pass. */
void scheduleFreeAdamw(at::TensorList params, at::TensorList grads, at::TensorList zs, at::TensorList expAvgSqs,
                       double lr, double beta1, double beta2, double eps, double weightDecay, double rootCorrection,
                       double weight, double gradScale) {
  constexpr const char* kOp = "schedule_free_adamw_";
  TORCH_CHECK(params.size() == grads.size() && params.size() == zs.size() && params.size() == expAvgSqs.size(), kOp,
              ": lists of ", params.size(), ", ", grads.size(), ", ", zs.size(), " and ", expAvgSqs.size(),
              " tensors; they must be equally long");
  std::vector<at::Tensor> gradients(grads.begin(), grads.end());
  for (size_t i = 0; i < params.size(); ++i) {
    requireFloat(gradients[i], kOp, "grads", -1);
    gradients[i] = gradients[i].contiguous();
    requireList(params[i], kOp, "params");
    requireList(zs[i], kOp, "zs");
    requireList(expAvgSqs[i], kOp, "exp_avg_sqs");
    TORCH_CHECK(params[i].sizes() == grads[i].sizes() && params[i].sizes() == zs[i].sizes() &&
                    params[i].sizes() == expAvgSqs[i].sizes(),
                kOp, ": parameter ", i, " of ", params[i].sizes(), " has a gradient of ", grads[i].sizes(),
                " and a state of ", zs[i].sizes(), " and ", expAvgSqs[i].sizes());
  }
  const ScheduleFreeScalars scalars{
      static_cast<float>(lr),          static_cast<float>(beta2),
      static_cast<float>(1.0 - beta2), static_cast<float>(1.0 / rootCorrection),
      static_cast<float>(eps),         static_cast<float>(weightDecay),
      static_cast<float>(weight),      static_cast<float>(lr * (beta1 * (1.0 - weight) - 1.0)),
      static_cast<float>(gradScale)};
  const std::vector<Run> runs = runsOf(params);
  at::parallel_for(0, static_cast<int64_t>(runs.size()), 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const Run& run = runs[i];
      kernels().scheduleFreeAdamw(params[run.tensor].mutable_data_ptr<float>() + run.offset,
                                  gradients[run.tensor].const_data_ptr<float>() + run.offset,
                                  zs[run.tensor].mutable_data_ptr<float>() + run.offset,
                                  expAvgSqs[run.tensor].mutable_data_ptr<float>() + run.offset, run.count, scalars);
    }
  });
  changed(params);
}

}  // namespace

TRAINER_OPERATORS(m) {
  m.def("changed_(Tensor(a!)[] tensors) -> ()", &changed);
  m.def("total_norm(Tensor[] tensors) -> Tensor", &totalNorm);
  m.def(
      "adamw_(Tensor(a!)[] params, Tensor[] grads, Tensor(b!)[] exp_avgs, Tensor(c!)[] exp_avg_sqs, Tensor[] steps, "
      "float lr, float beta1, float beta2, float eps, float weight_decay, float grad_scale=1.) -> ()",
      &adamw);
  m.def(
      "schedule_free_adamw_(Tensor(a!)[] params, Tensor[] grads, Tensor(b!)[] zs, Tensor(c!)[] exp_avg_sqs, float lr, "
      "float beta1, float beta2, float eps, float weight_decay, float root_correction, float weight, "
      "float grad_scale=1.) -> ()",
      &scheduleFreeAdamw);
  // native/cuda: what gradients are multiplied by, and whether anything is changed at all, are known on the device
  // alone.
  m.def(
      "adamw_on_device_(Tensor(a!)[] params, Tensor[] grads, Tensor(b!)[] exp_avgs, Tensor(c!)[] exp_avg_sqs, "
      "Tensor[] steps, Tensor lr, float beta1, float beta2, float eps, float weight_decay, Tensor? grad_scale=None, "
      "Tensor? found_inf=None) -> ()");
}

}  // namespace trainer
