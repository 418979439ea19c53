#include "checks.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <functional>
#include <mutex>

namespace trainer {

bool needsGrad(std::initializer_list<at::Tensor> tensors) {
  return at::GradMode::is_enabled() && std::any_of(tensors.begin(), tensors.end(), [](const at::Tensor& t) {
           return t.defined() && t.requires_grad();
         });
}

uint64_t drawSeed() {
  at::Generator generator = at::detail::getDefaultCPUGenerator();
  std::lock_guard<std::mutex> lock(generator.mutex());
  return at::check_generator<at::CPUGeneratorImpl>(generator)->random64();
}

at::Tensor sumOverRows(int64_t rows, int64_t width, const std::function<void(int64_t, int64_t, float*)>& body) {
  constexpr int64_t kRun = 64;
  const int64_t runs = std::max<int64_t>(1, (rows + kRun - 1) / kRun);
  const at::Tensor partial = at::zeros({runs, width}, at::kFloat);
  float* data = partial.mutable_data_ptr<float>();
  at::parallel_for(0, runs, 1, [&](int64_t begin, int64_t end) {
    for (int64_t run = begin; run < end; ++run) body(run * kRun, std::min(rows, (run + 1) * kRun), data + run * width);
  });
  return partial.sum(0);
}

}  // namespace trainer
