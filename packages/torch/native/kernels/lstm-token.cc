#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>

#include <algorithm>
#include <vector>

#include "checks.h"
#include "library.h"
#include "steps.h"
#include "table.h"

namespace trainer {

namespace {

constexpr const char* kOp = "lstm_token";

/** A share of `items`, in whole vectors. */
int64_t share(int64_t items, int64_t part, int64_t parts) {
  constexpr int64_t kWhole = 16;
  return std::min(items, (items * part / parts + kWhole - 1) / kWhole * kWhole);
}

at::Tensor lstmToken(at::IntArrayRef ids, const at::Tensor& table, at::TensorList weights, const at::Tensor& head,
                     const std::optional<at::Tensor>& headBias, const at::Tensor& h, const at::Tensor& c) {
  requireFloat(h, kOp, "h", 3);
  requireFloat(c, kOp, "c", 3);
  requireFloat(table, kOp, "table", 2);
  requireFloat(head, kOp, "head", 2);
  const int64_t layers = h.size(0), batch = h.size(1), hidden = h.size(2), width = table.size(1), rows = head.size(0);
  const auto fits = [](const at::Tensor& t, at::IntArrayRef sizes) { return t.sizes() == sizes && t.is_contiguous(); };
  TORCH_CHECK(h.numel() > 0 && fits(h, h.sizes()) && fits(c, h.sizes()) && fits(table, {table.size(0), width}) &&
                  fits(head, {rows, hidden}) && static_cast<int64_t>(ids.size()) == batch,
              kOp, ": ids (B), table (V, C), head (V, H), h and c (L, B, H) must be contiguous and fit: ", ids.size(),
              ", ", table.sizes(), ", ", head.sizes(), ", ", h.sizes(), ", ", c.sizes());
  TORCH_CHECK(static_cast<int64_t>(weights.size()) == 4 * layers, kOp, ": there must be 4 weights for each of ", layers,
              " layers, not ", weights.size());
  for (int64_t i = 0; i < 4 * layers; ++i) {
    const int64_t inputs = i < 4 ? width : hidden;
    requireFloat(weights[i], kOp, "a weight", i % 4 < 2 ? 2 : 1);
    TORCH_CHECK(i % 4 == 0   ? fits(weights[i], {4 * hidden, inputs})
                : i % 4 == 1 ? fits(weights[i], {4 * hidden, hidden})
                             : fits(weights[i], {4 * hidden}),
                kOp, ": weight ", i, " must be contiguous and fit ", hidden, " hidden units, not ", weights[i].sizes());
  }
  if (headBias) {
    requireFloat(*headBias, kOp, "head_bias", 1);
    TORCH_CHECK(fits(*headBias, {rows}), kOp, ": head_bias must have ", rows, " elements");
  }
  const at::Tensor input = at::empty({batch, width}, table.options()), after = at::empty_like(h),
                   logits = at::empty({batch, rows}, table.options());
  float* in = input.mutable_data_ptr<float>();
  for (int64_t b = 0; b < batch; ++b) {
    TORCH_CHECK(ids[b] >= 0 && ids[b] < table.size(0), kOp, ": id ", ids[b], " is outside 0 to ", table.size(0) - 1);
    std::copy_n(table.const_data_ptr<float>() + ids[b] * width, width, in + b * width);
  }
  const int64_t state = batch * hidden;
  const float *before = h.const_data_ptr<float>(), *project = head.const_data_ptr<float>(),
              *bias = headBias ? headBias->const_data_ptr<float>() : nullptr;
  float *cell = c.mutable_data_ptr<float>(), *next = after.mutable_data_ptr<float>(),
        *out = logits.mutable_data_ptr<float>();
  std::vector<LstmToken> steps(layers);
  for (int64_t l = 0; l < layers; ++l) {
    const at::Tensor* w = &weights[4 * l];
    steps[l] = {l == 0 ? in : next + (l - 1) * state,
                l == 0 ? width : hidden,
                w[0].const_data_ptr<float>(),
                w[1].const_data_ptr<float>(),
                w[2].const_data_ptr<float>(),
                w[3].const_data_ptr<float>(),
                before + l * state,
                cell + l * state,
                next + l * state,
                batch,
                hidden};
  }
  const int64_t parts = at::get_num_threads();
  inSteps(layers + 1, parts, [&](int64_t step, int64_t begin, int64_t end, int64_t) {
    if (step < layers) return kernels().lstmToken(steps[step], share(hidden, begin, parts), share(hidden, end, parts));
    const int64_t first = share(rows, begin, parts), last = share(rows, end, parts);
    kernels().dotRows(project, {next + (layers - 1) * state, hidden, batch, out, rows, hidden}, first, last);
    for (int64_t b = 0; bias != nullptr && b < batch; ++b)
      for (int64_t j = first; j < last; ++j) out[b * rows + j] += bias[j];
  });
  std::copy_n(next, layers * state, h.mutable_data_ptr<float>());
  return logits;
}

}  // namespace

TRAINER_OPERATORS(m) {
  m.def(
      "lstm_token(int[] ids, Tensor table, Tensor[] weights, Tensor head, Tensor? head_bias, Tensor(a!) h, Tensor(b!) "
      "c) -> Tensor",
      &lstmToken);
}

}  // namespace trainer
