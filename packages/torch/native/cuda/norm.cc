#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/zeros.h>
#include <torch/library.h>

#include <algorithm>

#include "generator.h"
#include "kernels/autograd.h"
#include "kernels/checks.h"
#include "rows.h"

namespace trainer::cuda {

namespace {

/** Options of either norm: its kernel's constants, and its addend. */
struct Options {
  at::ScalarType type;
  bool rms;
  double eps, dropout;
  at::PhiloxCudaState generator;  // where it stood when the mask was drawn

  std::string constants(int64_t width) const { return widthOf(width) + (rms ? " RMS=1" : " RMS=0"); }
};

/** As in norm.cu: threads of a block, and rows that it works on at a time. */
struct Block {
  explicit Block(int64_t width)
      : threads(width <= 1024   ? 128
                : width <= 8192 ? 256
                                : 1024),
        rows(width <= 1024 ? 4 : 1) {}
  uint32_t threads;
  int64_t rows;
};

struct Forward {
  at::Tensor sum, normed, mean, rstd;
};

Forward forwardOf(const at::Tensor& x, const at::Tensor& branch, const at::Tensor& weight, const at::Tensor& bias,
                  const Options& o) {
  const int64_t width = weight.size(0), rows = x.numel() / width;
  const auto numbers = x.options().dtype(at::kFloat);
  Forward f{branch.defined() ? at::empty_like(x) : x, at::empty(x.sizes(), x.options().dtype(o.type)),
            o.rms ? at::Tensor() : at::empty({rows}, numbers), at::empty({rows}, numbers)};
  const Block block(width);
  Kernel("norm", "forward", o.type, o.constants(width))(
      {.blocks = blocksFor(rows, block.rows), .threads = block.threads}, in(x), in(branch), in(weight), in(bias),
      branch.defined() ? out(f.sum) : nullptr, out(f.normed), out(f.mean), out(f.rstd), rows, static_cast<float>(o.eps),
      static_cast<float>(o.dropout), o.generator);
  return f;
}

/** Keeps the sum, which the next block reads anyway, and two numbers a row; the mask is made again from the seed. */
struct AddNorm : torch::autograd::Function<AddNorm> {
  static variable_list forward(AutogradContext* ctx, const Variable& x, const std::optional<Variable>& branch,
                               const Variable& weight, const std::optional<Variable>& bias, const Options& o) {
    Forward f = forwardOf(x, branch.value_or(Variable()), weight, bias.value_or(Variable()), o);
    ctx->save_for_backward({f.sum, weight, f.mean, f.rstd});
    ctx->saved_data["type"] = static_cast<int64_t>(o.type);
    ctx->saved_data["branch"] = branch.has_value();
    ctx->saved_data["rms"] = o.rms;
    ctx->saved_data["dropout"] = o.dropout;
    ctx->saved_data["generator"] =
        std::vector<int64_t>{static_cast<int64_t>(o.generator.seed_.val), static_cast<int64_t>(o.generator.offset_.val),
                             static_cast<int64_t>(o.generator.offset_intragraph_), o.generator.captured_};
    ctx->set_materialize_grads(false);
    if (!branch) return {f.normed};
    return {f.sum, f.normed};
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    const OwnTypes types;
    const variable_list saved = ctx->get_saved_variables();
    const at::Tensor &sum = saved[0], &weight = saved[1];
    const bool branched = ctx->saved_data["branch"].toBool();
    const std::vector<int64_t> state = ctx->saved_data["generator"].toIntVector();
    at::PhiloxCudaState generator(static_cast<uint64_t>(state[0]), static_cast<uint64_t>(state[1]));
    generator.offset_intragraph_ = static_cast<uint64_t>(state[2]);
    generator.captured_ = state[3] != 0;
    const Options o{static_cast<at::ScalarType>(ctx->saved_data["type"].toInt()), ctx->saved_data["rms"].toBool(), 0,
                    ctx->saved_data["dropout"].toDouble(), generator};
    const int64_t width = weight.size(0), rows = sum.numel() / width;
    const at::Tensor& ofNormed = grads[branched ? 1 : 0];
    const at::Tensor dSum = branched && grads[0].defined() ? grads[0].contiguous() : at::Tensor();
    const at::Tensor dNormed =
        ofNormed.defined() ? ofNormed.to(o.type).contiguous() : at::zeros(sum.sizes(), sum.options().dtype(o.type));
    const at::Tensor dx = at::empty_like(sum);
    const bool own = branched && (o.type != at::kFloat || o.dropout > 0);  // else the branch's gradient is the sum's
    const at::Tensor dBranch = own ? at::empty(sum.sizes(), sum.options().dtype(o.type)) : at::Tensor();
    const Block block(width);
    const auto blocks =
        static_cast<uint32_t>(std::min<int64_t>(4 * multiprocessors(), (rows + block.rows - 1) / block.rows));
    const at::Tensor partial = at::empty({blocks, o.rms ? width : 2 * width}, sum.options());
    Kernel("norm", "backward", o.type, o.constants(width))(
        {.blocks = blocks, .threads = block.threads}, in(sum), in(weight), in(saved[2]), in(saved[3]), in(dSum),
        in(dNormed), out(dx), out(dBranch), out(partial), rows, static_cast<float>(o.dropout), o.generator);
    const at::Tensor sums = sumRows(partial);
    return {dx, branched ? (own ? dBranch : dx) : Variable(), sums.narrow(0, 0, width),
            o.rms ? Variable() : sums.narrow(0, width, width), Variable()};
  }
};

void requireShapes(const at::Tensor& x, const at::Tensor& branch, const at::Tensor& weight, const char* op) {
  requireOnGpu(x, op, "x");
  requireOnGpu(branch, op, "branch");
  requireOnGpu(weight, op, "weight", 1);
  TORCH_CHECK(x.scalar_type() == at::kFloat && weight.scalar_type() == at::kFloat, op,
              ": x and weight must be float32");
  TORCH_CHECK(x.dim() >= 1 && x.numel() > 0 && x.sizes() == branch.sizes() && x.size(-1) == weight.size(0), op,
              ": x and branch (..., C) and weight (C) do not fit: ", x.sizes(), ", ", branch.sizes(), ", ",
              weight.sizes());
}

variable_list addNorm(const at::Tensor& x, const at::Tensor& branch, const at::Tensor& weight, const at::Tensor& bias,
                      Options o) {
  const OwnTypes types;
  if (o.dropout > 0) o.generator = drawn();
  const at::Tensor xs = x.contiguous(), w = weight.contiguous(), b = bias.defined() ? bias.contiguous() : bias;
  const at::Tensor branches = branch.defined() ? branch.to(o.type).contiguous() : branch;
  if (needsGrad({xs, branches, w, b})) return AddNorm::apply(xs, present(branches), w, present(b), o);
  Forward f = forwardOf(xs, branches, w, b, o);
  return branch.defined() ? variable_list{f.sum, f.normed} : variable_list{f.normed};
}

std::tuple<at::Tensor, at::Tensor> addLayerNorm(const at::Tensor& x, const at::Tensor& branch, const at::Tensor& weight,
                                                const at::Tensor& bias, double eps, double dropout) {
  constexpr const char* kOp = "add_layer_norm";
  requireShapes(x, branch, weight, kOp);
  requireDropout(dropout, kOp);
  TORCH_CHECK(bias.sizes() == weight.sizes() && bias.scalar_type() == at::kFloat, kOp, ": bias must be as the weight");
  const variable_list both = addNorm(x, branch, weight, bias, {computeType(), false, eps, dropout, {}});
  return {both[0], both[1]};
}

std::tuple<at::Tensor, at::Tensor> addRmsNorm(const at::Tensor& x, const at::Tensor& branch, const at::Tensor& weight,
                                              double eps) {
  requireShapes(x, branch, weight, "add_rms_norm");
  const variable_list both = addNorm(x, branch, weight, {}, {computeType(), true, eps, 0, {}});
  return {both[0], both[1]};
}

at::Tensor rmsNorm(const at::Tensor& x, const at::Tensor& weight, double eps) {
  requireShapes(x, x, weight, "rms_norm");
  return addNorm(x, {}, weight, {}, {computeType(), true, eps, 0, {}})[0];
}

at::Tensor layerNorm(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, double eps) {
  requireShapes(x, x, weight, "layer_norm");
  TORCH_CHECK(bias.sizes() == weight.sizes(), "layer_norm: bias must be as the weight");
  return addNorm(x, {}, weight, bias, {computeType(), false, eps, 0, {}})[0];
}

}  // namespace

TORCH_LIBRARY_IMPL(trainer, TRAINER_GPU_KEY, m) {
  m.impl("add_layer_norm", &addLayerNorm);
  m.impl("layer_norm", &layerNorm);
  m.impl("add_rms_norm", &addRmsNorm);
  m.impl("rms_norm", &rmsNorm);
}

}  // namespace trainer::cuda
