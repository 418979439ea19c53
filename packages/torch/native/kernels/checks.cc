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

namespace {

/** (runs, width): what body made of each run of rows. */
at::Tensor sumsOfRuns(int64_t rows, int64_t width, int64_t run,
                      const std::function<void(int64_t, int64_t, float*)>& body) {
  const int64_t runs = std::max<int64_t>(1, (rows + run - 1) / run);
  const at::Tensor partial = at::zeros({runs, width}, at::kFloat);
  float* data = partial.mutable_data_ptr<float>();
  at::parallel_for(0, runs, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) body(i * run, std::min(rows, (i + 1) * run), data + i * width);
  });
  return partial;
}

}  // namespace

at::Tensor sumOverRows(int64_t rows, int64_t width, const std::function<void(int64_t, int64_t, float*)>& body) {
  constexpr int64_t kRun = 64;
  return sumsOfRuns(rows, width, kRun, body).sum(0);
}

void sumOverRuns(const at::Tensor& out, int64_t rows, int64_t runs,
                 const std::function<void(int64_t, int64_t, float*)>& body) {
  constexpr int64_t kGrain = 4096;
  const int64_t width = out.numel();
  const at::Tensor partial = sumsOfRuns(rows, width, (rows + runs - 1) / runs, body);
  const float* data = partial.const_data_ptr<float>();
  float* sum = out.mutable_data_ptr<float>();
  at::parallel_for(0, width, kGrain, [&](int64_t begin, int64_t end) {
    std::copy(data + begin, data + end, sum + begin);
    for (int64_t run = 1; run < partial.size(0); ++run)
      for (int64_t j = begin; j < end; ++j) sum[j] += data[run * width + j];
  });
}

}  // namespace trainer
