#include "attend.h"

#include <ATen/Context.h>
#include <ATen/ops/_scaled_dot_product_cudnn_attention.h>
#include <ATen/ops/_scaled_dot_product_cudnn_attention_backward.h>
#include <ATen/ops/_scaled_dot_product_flash_attention.h>
#include <ATen/ops/_scaled_dot_product_flash_attention_backward.h>
#include <ATen/ops/randn.h>
#include <c10/cuda/CUDAStream.h>
#include <torch/version.h>

#include <chrono>
#include <limits>
#include <map>
#include <mutex>
#include <sstream>

#include "driver.h"
#include "kernel.h"

namespace trainer::cuda {

Attended attend(const Heads& h, double dropout, bool byCuDnn) {
  if (byCuDnn) {
    auto r = at::_scaled_dot_product_cudnn_attention(h.q, h.k, h.v, std::nullopt, true, dropout, true, false);
    return {std::get<0>(r), std::get<1>(r), std::get<6>(r), std::get<7>(r)};
  }
  auto r = at::_scaled_dot_product_flash_attention(h.q, h.k, h.v, dropout, true, false);
  return {std::get<0>(r), std::get<1>(r), std::get<6>(r), std::get<7>(r)};
}

Heads attendBackward(const at::Tensor& dOut, const Heads& h, const Attended& a, double dropout, bool byCuDnn) {
  const at::Tensor none;
  const int64_t length = h.q.size(2);
  auto [dq, dk, dv] =
      byCuDnn
          ? at::_scaled_dot_product_cudnn_attention_backward(dOut, h.q, h.k, h.v, a.out, a.logSumExp, a.seed, a.offset,
                                                             none, none, none, length, length, dropout, true)
          : at::_scaled_dot_product_flash_attention_backward(dOut, h.q, h.k, h.v, a.out, a.logSumExp, none, none,
                                                             length, length, dropout, true, a.seed, a.offset);
  return {dq, dk, dv};
}

namespace {

/**
 * Milliseconds of one pass forward and backward of heads like these; infinite if this library refuses them. Throws if
 * memory does not suffice, which is no verdict on a library.
 */
double timed(const Heads& like, bool byCuDnn) {
  const auto random = [](const at::Tensor& t) {
    return at::randn(t.transpose(1, 2).sizes(), t.options()).transpose(1, 2);
  };
  try {
    const Heads h{random(like.q), random(like.k), random(like.v)};
    const at::Tensor dOut = random(like.q);
    const auto stream = c10::cuda::getCurrentCUDAStream();
    const auto run = [&] { attendBackward(dOut, h, attend(h, 0, byCuDnn), 0, byCuDnn); };
    run();
    stream.synchronize();
    const auto began = std::chrono::steady_clock::now();
    constexpr int kRuns = 5;
    for (int i = 0; i < kRuns; ++i) run();
    stream.synchronize();
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began).count() / kRuns;
  } catch (const c10::OutOfMemoryError&) {
    throw;
  } catch (const c10::Error&) {
    return std::numeric_limits<double>::infinity();
  }
}

}  // namespace

bool preferCuDnn(const Heads& h, double dropout) {
  // cuDNN's gradients are not deterministic, and its dropout draws more numbers than a recorded graph can hold.
  if (at::globalContext().deterministicAlgorithms() || dropout > 0) return false;
  static auto* mutex = new std::mutex;
  static auto* known = new std::map<std::string, bool>;
  std::ostringstream text;
  text << h.q.scalar_type() << h.q.sizes() << " " << h.k.size(1);
  const std::string key = text.str();
  std::lock_guard<std::mutex> lock(*mutex);
  if (const auto found = known->find(key); found != known->end()) return found->second;
  if (computeCapability() < 90 || h.q.size(3) > 128) return (*known)[key] = false;
  const std::string folder = cacheFolder("attention");
  const std::string path = folder.empty() ? "" : folder + "/" + digest(cardName() + " " TORCH_VERSION " " + key);
  std::string kept = path.empty() ? "" : readKept(path);
  if (kept.empty()) {
    if (isRecording()) return false;
    // What is drawn for the measurement must not be missing from the run's own numbers.
    at::Generator generator = at::globalContext().defaultGenerator(h.q.device());
    const at::Tensor state = generator.get_state();
    kept = timed(h, true) < timed(h, false) ? "cudnn" : "flash";
    generator.set_state(state);
    if (!path.empty()) {
      keepOnDisk(path, kept);
      if (const std::string first = readKept(path); !first.empty()) kept = first;
    }
  }
  return (*known)[key] = kept == "cudnn";
}

}  // namespace trainer::cuda
