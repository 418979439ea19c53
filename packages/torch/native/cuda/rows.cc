#include "rows.h"

#include <ATen/autocast_mode.h>
#include <ATen/ops/empty.h>

#include <algorithm>

namespace trainer::cuda {

at::ScalarType computeType() {
  return at::autocast::is_autocast_enabled(kGpu) ? at::autocast::get_autocast_dtype(kGpu) : at::kFloat;
}

at::Tensor rowsOf(const at::Tensor& x, at::ScalarType type) {
  return x.reshape({-1, x.size(-1)}).to(type).contiguous();
}

at::Tensor sumRows(const at::Tensor& partial) {
  const int64_t width = partial.size(1);
  const at::Tensor sum = at::empty({width}, partial.options());
  Kernel("columns", "sumRows", at::kFloat)({.blocks = blocksFor(width, 32), .threads = 1024}, in(partial), out(sum),
                                           static_cast<int32_t>(partial.size(0)), static_cast<int32_t>(width));
  return sum;
}

Stretches stretchesOf(int64_t rows) {
  constexpr int64_t kBlocks = 512, kRows = 16;  // enough to fill a card, and not so few rows that sums are all there is
  const int64_t each = std::max(kRows, (rows + kBlocks - 1) / kBlocks);
  return {each, (rows + each - 1) / each};
}

at::Tensor columnSums(const at::Tensor& x) {
  const int64_t rows = x.size(0), width = x.size(1);
  const Stretches s = stretchesOf(rows);
  const at::Tensor partial = at::empty({s.blocks, width}, x.options().dtype(at::kFloat));
  Kernel("columns", "partialSums", x.scalar_type(), widthOf(width))(
      {.blocks = blocksFor(width, 128 * vectorOf(width)), .threads = 128, .blocksY = static_cast<uint32_t>(s.blocks)},
      in(x), out(partial), rows, x.stride(0), static_cast<int32_t>(s.rows));
  return sumRows(partial);
}

void requireOnGpu(const at::Tensor& t, const char* op, const char* name, int64_t dim) {
  const auto type = t.scalar_type();
  TORCH_CHECK(isOnGpu(t) && (type == at::kFloat || type == at::kBFloat16 || type == at::kHalf), op, ": ", name,
              " must be float32, bfloat16 or float16 on a GPU");
  TORCH_CHECK(dim < 0 || t.dim() == dim, op, ": ", name, " must have ", dim, " dimensions, not ", t.dim());
}

}  // namespace trainer::cuda
