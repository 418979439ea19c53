#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/gelu.h>

#include <algorithm>

#include "checks.h"
#include "gemm.h"
#include "library.h"
#include "table.h"

namespace trainer {

namespace {

constexpr const char* kOp = "quantized_linear";
constexpr int64_t kFew = 16;     // rows for which the weight is made float32 in registers
constexpr int64_t kChunk = 512;  // rows of the weight that are float32 at a time where there are more
constexpr int64_t kGrain = 128;

/** A weight (D, C) as int8 with scales (D, groups), or as bfloat16 without. */
struct Weight {
  const at::Tensor& data;
  const float* scales;
  int64_t outputs, depth, group;
};

void multiplyRows(const at::Tensor& out, const at::Tensor& x, const Weight& w) {
  const FewRows few{x.const_data_ptr<float>(), w.depth, x.size(0), out.mutable_data_ptr<float>(), w.outputs, w.depth};
  at::parallel_for(0, w.outputs, kGrain, [&](int64_t begin, int64_t end) {
    if (w.scales != nullptr) {
      kernels().dotRowsInt8(w.data.const_data_ptr<int8_t>(), w.scales, w.group, few, begin, end);
    } else {
      kernels().dotRowsBf16(static_cast<const uint16_t*>(w.data.const_data_ptr()), few, begin, end);
    }
  });
}

void multiplyChunks(const at::Tensor& out, const at::Tensor& x, const Weight& w) {
  const at::Tensor buffer = at::empty({std::min(kChunk, w.outputs), w.depth}, x.options());
  float* to = buffer.mutable_data_ptr<float>();
  for (int64_t start = 0; start < w.outputs; start += kChunk) {
    const int64_t n = std::min(kChunk, w.outputs - start);
    const at::Tensor part = buffer.narrow(0, 0, n);
    if (w.scales != nullptr) {
      const int8_t* from = w.data.const_data_ptr<int8_t>() + start * w.depth;
      const float* scales = w.scales + start * ((w.depth + w.group - 1) / w.group);
      at::parallel_for(0, n, kGrain, [&](int64_t begin, int64_t end) {
        kernels().dequantizeInt8(from, scales, w.group, to, begin, end, w.depth);
      });
    } else {
      part.copy_(w.data.narrow(0, start, n));
    }
    productInto(out.narrow(1, start, n), x, part.t(), false);
  }
}

at::Tensor quantizedLinear(const at::Tensor& x, const at::Tensor& weight, const std::optional<at::Tensor>& scales,
                           const std::optional<at::Tensor>& bias, bool gelu) {
  requireFloat(x, kOp, "x", -1);
  TORCH_CHECK(weight.device().is_cpu() && weight.dim() == 2 && weight.is_contiguous() && weight.numel() > 0 &&
                  weight.scalar_type() == (scales ? at::kChar : at::kBFloat16),
              kOp, ": weight must be contiguous (D, C) on the CPU, int8 with scales or bfloat16 without");
  const int64_t outputs = weight.size(0), depth = weight.size(1);
  TORCH_CHECK(x.dim() >= 1 && x.size(-1) == depth && x.numel() > 0, kOp,
              ": x (..., C) and weight (D, C) do not fit: ", x.sizes(), " and ", weight.sizes());
  int64_t group = depth;
  if (scales) {
    requireFloat(*scales, kOp, "scales", 2);
    TORCH_CHECK(
        scales->is_contiguous() && scales->size(0) == outputs && scales->size(1) > 0 && depth % scales->size(1) == 0,
        kOp, ": scales must be contiguous (", outputs, ", a divisor of ", depth, "), not ", scales->sizes());
    group = depth / scales->size(1);
  }
  if (bias) {
    requireFloat(*bias, kOp, "bias", 1);
    TORCH_CHECK(bias->size(0) == outputs, kOp, ": bias must have ", outputs, " elements");
  }
  TORCH_CHECK(!needsGrad({x}), kOp, ": it has no gradient");
  const at::Tensor rows = x.reshape({-1, depth}).contiguous();
  at::Tensor out = at::empty({rows.size(0), outputs}, rows.options());
  const Weight w{weight, scales ? scales->const_data_ptr<float>() : nullptr, outputs, depth, group};
  if (rows.size(0) <= kFew) {
    multiplyRows(out, rows, w);
  } else {
    multiplyChunks(out, rows, w);
  }
  if (bias) out.add_(*bias);
  if (gelu) at::gelu_(out, "tanh");
  return out.view(withLast(x, outputs));
}

}  // namespace

TRAINER_OPERATORS(m) {
  m.def("quantized_linear(Tensor x, Tensor weight, Tensor? scales=None, Tensor? bias=None, bool gelu=False) -> Tensor",
        &quantizedLinear);
}

}  // namespace trainer
