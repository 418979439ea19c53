#include <ATen/Parallel.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "autograd.h"
#include "checks.h"
#include "gemm.h"
#include "library.h"
#include "linear.h"
#include "steps.h"
#include "table.h"
#include "work.h"

namespace trainer {

namespace {

constexpr const char* kOp = "lstm";
/** Gap between rows that are read side by side: a power of two would put them all in the same sets of the cache. */
constexpr int64_t kGap = 16;

/** Row of `inputs` with a token's input products. */
struct Rows {
  const float* inputs;
  const int64_t* table;  // null: the token's own
  int64_t width;

  const float* of(int64_t token) const { return inputs + (table ? table[token] : token) * width; }
};

struct Forward {
  at::Tensor y;      // (B, T, H)
  at::Tensor h;      // (B, H), after the last step
  at::Tensor cells;  // (B, T, H)
  at::Tensor gates;  // (B, T, 4 H), input, forget, candidate and output gate after their activations
};

at::Tensor packed(const at::Tensor& weight, bool backward) {
  const int64_t hidden = weight.size(1);
  const int64_t units = kernels().lstmUnits(backward);
  const int64_t panels = (hidden + units - 1) / units;
  const at::Tensor out = at::empty({panels, 4 * units, hidden}, weight.options());
  const float* from = weight.const_data_ptr<float>();
  float* to = out.mutable_data_ptr<float>();
  const auto pack = backward ? kernels().lstmPackBackward : kernels().lstmPackForward;
  at::parallel_for(0, panels, 1, [&](int64_t begin, int64_t end) { pack(from, to, hidden, begin, end); });
  return out;
}

Forward forwardOf(const Rows& rows, const at::Tensor& weight, const at::Tensor& bias, const at::Tensor& h0,
                  const at::Tensor& c0, int64_t steps) {
  const int64_t batch = h0.size(0), hidden = h0.size(1), stride = hidden + kGap;
  const auto options = weight.options();
  tellFlops(8.0 * static_cast<double>(steps * batch * hidden * hidden));
  const at::Tensor panels = packed(weight, false);
  const Forward result{at::empty({batch, steps, hidden}, options), at::empty({batch, hidden}, options),
                       at::empty({batch, steps, hidden}, options), at::empty({batch, steps, 4 * hidden}, options)};
  const at::Tensor state = at::zeros({2, batch, stride}, options);
  state.select(0, 0).narrow(1, 0, hidden).copy_(h0);
  float* states = state.mutable_data_ptr<float>();
  const float* start = c0.const_data_ptr<float>();
  float *y = result.y.mutable_data_ptr<float>(), *cells = result.cells.mutable_data_ptr<float>(),
        *gates = result.gates.mutable_data_ptr<float>();
  LstmForward args{};
  args.packed = panels.const_data_ptr<float>();
  args.bias = bias.const_data_ptr<float>();
  args.batch = batch;
  args.hidden = hidden;
  args.steps = steps;
  args.stride = stride;
  const int64_t scratch = batch * 4 * kernels().lstmUnits(false);
  const at::Tensor sums = at::empty({at::get_num_threads(), scratch}, options);
  float* sum = sums.mutable_data_ptr<float>();
  std::vector<const float*> inputs(at::get_num_threads() * batch);
  inSteps(steps, panels.size(0), [&](int64_t t, int64_t begin, int64_t end, int64_t thread) {
    LstmForward s = args;
    const float** in = inputs.data() + thread * batch;
    for (int64_t b = 0; b < batch; ++b) in[b] = rows.of(b * steps + t);
    s.inputs = in;
    s.previous = states + t % 2 * batch * stride;
    s.next = states + (t + 1) % 2 * batch * stride;
    s.cellBefore = t == 0 ? start : cells + (t - 1) * hidden;
    s.cellBeforeStride = t == 0 ? hidden : steps * hidden;
    s.gates = gates + t * 4 * hidden;
    s.cell = cells + t * hidden;
    s.out = y + t * hidden;
    kernels().lstmForward(s, sum + thread * scratch, begin, end);
  });
  result.h.copy_(state.select(0, steps % 2).narrow(1, 0, hidden));
  return result;
}

struct Backward {
  at::Tensor dGates;  // (B, T, 4 H), before their activations
  at::Tensor dh;      // (B, H), of the state at the start
  at::Tensor dc;
};

/** `dy` (B, T, H), `dh` and `dc` (B, H) may be undefined: nothing came to that output. */
Backward backwardOf(const at::Tensor& weight, const at::Tensor& gate, const at::Tensor& cell, const at::Tensor& c0,
                    const at::Tensor& dy, const at::Tensor& dh, const at::Tensor& dc) {
  const int64_t batch = cell.size(0), steps = cell.size(1), hidden = cell.size(2), stride = 4 * hidden + kGap;
  const auto options = weight.options();
  tellFlops(8.0 * static_cast<double>(steps * batch * hidden * hidden));
  const at::Tensor panels = packed(weight, true);
  const Backward result{at::empty({batch, steps, 4 * hidden}, options), at::empty({batch, hidden}, options),
                        dc.defined() ? dc.clone(at::MemoryFormat::Contiguous) : at::zeros({batch, hidden}, options)};
  // What the last step's output gets: its own and what comes after the sequence.
  at::Tensor dLast = dy.defined() ? dy.select(1, steps - 1) : at::zeros({batch, hidden}, options);
  if (dh.defined()) dLast = dLast.add(dh);
  dLast = dLast.contiguous();
  const at::Tensor nothing = dy.defined() ? at::Tensor() : at::zeros({hidden}, options);
  const at::Tensor state = at::zeros({2, batch, stride}, options);
  float* states = state.mutable_data_ptr<float>();
  const float *gates = gate.const_data_ptr<float>(), *cells = cell.const_data_ptr<float>(),
              *start = c0.const_data_ptr<float>(), *last = dLast.const_data_ptr<float>(),
              *dOut = dy.defined() ? dy.const_data_ptr<float>() : nothing.const_data_ptr<float>();
  float* dGates = result.dGates.mutable_data_ptr<float>();
  LstmBackward args{};
  args.packed = panels.const_data_ptr<float>();
  args.dHidden = result.dh.mutable_data_ptr<float>();
  args.dCell = result.dc.mutable_data_ptr<float>();
  args.batch = batch;
  args.hidden = hidden;
  args.steps = steps;
  args.stride = stride;
  const int64_t scratch = batch * kernels().lstmUnits(true);
  const at::Tensor sums = at::empty({at::get_num_threads(), scratch}, options);
  float* sum = sums.mutable_data_ptr<float>();
  inSteps(steps + 1, panels.size(0), [&](int64_t done, int64_t begin, int64_t end, int64_t thread) {
    LstmBackward s = args;
    s.later = states + done % 2 * batch * stride;
    s.now = states + (done + 1) % 2 * batch * stride;
    if (done < steps) {
      const int64_t t = steps - 1 - done;
      s.gates = gates + t * 4 * hidden;
      s.cell = cells + t * hidden;
      s.cellBefore = t == 0 ? start : cells + (t - 1) * hidden;
      s.cellBeforeStride = t == 0 ? hidden : steps * hidden;
      s.dOut = done == 0 ? last : dy.defined() ? dOut + t * hidden : dOut;
      s.dOutStride = done == 0 ? hidden : dy.defined() ? steps * hidden : 0;
      s.dGates = dGates + t * 4 * hidden;
    }
    kernels().lstmBackward(s, sum + thread * scratch, begin, end);
  });
  return result;
}

/** The gradient of a table whose rows the tokens took: the sum over the tokens of each row, in the tokens' order. */
at::Tensor sumByRow(const at::Tensor& d, const at::Tensor& table, int64_t count) {
  constexpr int64_t kGrain = 256;
  const int64_t width = d.size(-1), tokens = table.numel();
  const at::Tensor sum = at::zeros({count, width}, d.options());
  const float* from = d.const_data_ptr<float>();
  const int64_t* rows = table.const_data_ptr<int64_t>();
  float* to = sum.mutable_data_ptr<float>();
  at::parallel_for(0, width, kGrain, [&](int64_t begin, int64_t end) {
    for (int64_t i = 0; i < tokens; ++i)
      kernels().columnSum(from + i * width + begin, to + rows[i] * width + begin, 0, 1, end - begin);
  });
  return sum;
}

Rows rowsOf(const at::Tensor& inputs, const at::Tensor& table) {
  return {inputs.const_data_ptr<float>(), table.defined() ? table.const_data_ptr<int64_t>() : nullptr, inputs.size(-1)};
}

/** Keeps gates and cells; what the recurrence read at each step is the output, one step later. */
struct Lstm : torch::autograd::Function<Lstm> {
  static variable_list forward(AutogradContext* ctx, const Variable& inputs, const Variable& weight,
                               const Variable& bias, const Variable& h0, const Variable& c0,
                               const std::optional<at::Tensor>& rows, int64_t steps) {
    ctx->set_materialize_grads(false);
    const at::Tensor table = rows.value_or(at::Tensor());
    Forward f = forwardOf(rowsOf(inputs, table), weight, bias, h0, c0, steps);
    ctx->save_for_backward({weight, h0, c0, table, f.y});
    ctx->saved_data["gates"] = std::move(f.gates);
    ctx->saved_data["cells"] = f.cells;
    ctx->saved_data["rows"] = inputs.size(0);
    return {f.y, f.h, f.cells.select(1, steps - 1).clone()};
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    const variable_list saved = ctx->get_saved_variables();
    const at::Tensor &weight = saved[0], &h0 = saved[1], &c0 = saved[2], &table = saved[3], &y = saved[4];
    const int64_t steps = y.size(1), hidden = y.size(2);
    variable_list result(7);
    if (!grads[0].defined() && !grads[1].defined() && !grads[2].defined()) return result;
    const at::Tensor dy = grads[0].defined() ? grads[0].contiguous() : at::Tensor();
    const Backward d = backwardOf(weight, ctx->saved_data["gates"].toTensor(), ctx->saved_data["cells"].toTensor(), c0,
                                  dy, grads[1], grads[2]);
    const at::Tensor dGates = d.dGates.view({-1, 4 * hidden});
    if (ctx->needs_input_grad(0))
      result[0] = table.defined() ? sumByRow(dGates, table, ctx->saved_data["rows"].toInt()) : dGates;
    if (ctx->needs_input_grad(1)) {
      const at::Tensor before = at::cat({h0.unsqueeze(1), y.narrow(1, 0, steps - 1)}, 1);  // (B, T, H)
      result[1] = product(dGates.t(), before.view({-1, hidden}));
    }
    if (ctx->needs_input_grad(2)) result[2] = columnSum(dGates);
    result[3] = d.dh;
    result[4] = d.dc;
    return result;
  }
};

std::tuple<at::Tensor, at::Tensor, at::Tensor> lstm(const at::Tensor& inputs, const std::optional<at::Tensor>& rows,
                                                    const at::Tensor& weight, const at::Tensor& bias,
                                                    const at::Tensor& h0, const at::Tensor& c0) {
  requireFloat(inputs, kOp, "inputs", rows ? 2 : 3);
  requireFloat(weight, kOp, "weight", 2);
  requireFloat(bias, kOp, "bias", 1);
  requireFloat(h0, kOp, "h", 2);
  requireFloat(c0, kOp, "c", 2);
  const int64_t batch = h0.size(0), hidden = weight.size(1);
  TORCH_CHECK(h0.numel() > 0 && h0.size(1) == hidden && c0.sizes() == h0.sizes() && weight.size(0) == 4 * hidden &&
                  bias.size(0) == 4 * hidden && inputs.size(-1) == 4 * hidden,
              kOp, ": inputs (..., 4 H), weight (4 H, H), bias (4 H), h and c (B, H) do not fit: ", inputs.sizes(),
              ", ", weight.sizes(), ", ", bias.sizes(), ", ", h0.sizes(), ", ", c0.sizes());
  at::Tensor table;
  if (rows) {
    TORCH_CHECK(rows->device().is_cpu() && rows->scalar_type() == at::kLong && rows->dim() == 2, kOp,
                ": rows (B, T) must be int64 on the CPU");
    table = rows->contiguous();
    const int64_t* row = table.const_data_ptr<int64_t>();
    for (int64_t i = 0; i < table.numel(); ++i)
      TORCH_CHECK(row[i] >= 0 && row[i] < inputs.size(0), kOp, ": row ", row[i], " is outside 0 to ",
                  inputs.size(0) - 1);
  }
  const at::Tensor& tokens = rows ? table : inputs;
  const int64_t steps = tokens.size(1);
  TORCH_CHECK(tokens.size(0) == batch && steps > 0, kOp, ": there are ", batch, " states and inputs of ",
              tokens.sizes());
  const at::Tensor in = inputs.reshape({-1, 4 * hidden}).contiguous(), w = weight.contiguous(), b = bias.contiguous(),
                   h = h0.contiguous(), c = c0.contiguous();
  if (needsGrad({in, w, b, h, c})) {
    const variable_list out = Lstm::apply(in, w, b, h, c, rows ? std::optional(table) : std::nullopt, steps);
    return {out[0], out[1], out[2]};
  }
  const Forward f = forwardOf(rowsOf(in, table), w, b, h, c, steps);
  return {f.y, f.h, f.cells.select(1, steps - 1).clone()};
}

}  // namespace

TRAINER_OPERATORS(m) {
  m.def("lstm(Tensor inputs, Tensor? rows, Tensor weight, Tensor bias, Tensor h, Tensor c) -> (Tensor, Tensor, Tensor)",
        &lstm);
}

}  // namespace trainer
