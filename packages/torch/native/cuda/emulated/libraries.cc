#include <ATen/ops/_scaled_dot_product_flash_attention_for_cpu.h>
#include <ATen/ops/_scaled_dot_product_flash_attention_for_cpu_backward.h>
#include <ATen/ops/add.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/mm.h>

#include "cuda/attend.h"
#include "cuda/generator.h"
#include "cuda/product.h"
#include "kernels/checks.h"

// What NVIDIA's libraries do on a GPU, by libtorch's operators for CPUs.

namespace trainer::cuda {

void productInto(const at::Tensor& out, const at::Tensor& a, const at::Tensor& b, const ProductOptions& options) {
  TORCH_CHECK(a.scalar_type() == b.scalar_type() && a.dim() == 2 && b.dim() == 2 && out.stride(1) == 1, "a product of ",
              a.scalar_type(), " ", a.sizes(), " and ", b.scalar_type(), " ", b.sizes());
  TORCH_CHECK(!options.bias.defined() || (options.bias.scalar_type() == a.scalar_type() &&
                                          options.bias.is_contiguous() && !options.accumulate),
              "a product's bias must be of its type");
  at::Tensor y = at::mm(a.to(at::kFloat), b.to(at::kFloat));  // sums are float32
  if (options.bias.defined()) y = y.add(options.bias);
  if (options.accumulate)
    out.add_(y);
  else
    out.copy_(y);
}

at::Tensor product(const at::Tensor& a, const at::Tensor& b, const at::Tensor& bias) {
  const at::Tensor out = at::empty({a.size(0), b.size(1)}, a.options());
  productInto(out, a, b, {bias, false});
  return out;
}

bool preferCuDnn(const Heads&, double) { return false; }

Attended attend(const Heads& h, double dropout, bool) {
  TORCH_CHECK(dropout == 0, "attention on a CPU has no dropout here");
  const int64_t groups = h.q.size(1) / h.k.size(1);
  auto [out, logSumExp] = at::_scaled_dot_product_flash_attention_for_cpu(h.q, h.k.repeat_interleave(groups, 1),
                                                                          h.v.repeat_interleave(groups, 1), 0, true);
  return {out, logSumExp, {}, {}};
}

Heads attendBackward(const at::Tensor& dOut, const Heads& h, const Attended& a, double, bool) {
  const int64_t groups = h.q.size(1) / h.k.size(1);
  auto [dq, dk, dv] = at::_scaled_dot_product_flash_attention_for_cpu_backward(
      dOut, h.q, h.k.repeat_interleave(groups, 1), h.v.repeat_interleave(groups, 1), a.out, a.logSumExp, 0, true);
  const auto shared = [&](const at::Tensor& d) {
    return d.to(at::kFloat).unflatten(1, {h.k.size(1), groups}).sum(2).to(d.scalar_type());
  };
  return {dq, shared(dk), shared(dv)};
}

at::PhiloxCudaState drawn() { return {drawSeed(), 0}; }

}  // namespace trainer::cuda
