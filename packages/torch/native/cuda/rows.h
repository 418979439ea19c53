#pragma once
#include <ATen/core/Tensor.h>
#include <c10/core/impl/LocalDispatchKeySet.h>
#include <torch/csrc/autograd/custom_function.h>

#include "gpu.h"
#include "kernel.h"

namespace trainer::cuda {

/** The type that autocast has products computed in, float32 outside of it. */
at::ScalarType computeType();

/** Our operators choose their types themselves: autocast is off while they run, after its type was read. */
struct OwnTypes {
  const at::ScalarType type = computeType();
  const c10::impl::ExcludeDispatchKeyGuard guard{kAutocastKey};
};

/** Rows of the last dimension, in a type and contiguous: (..., C) -> (N, C). */
at::Tensor rowsOf(const at::Tensor& x, at::ScalarType type);

/** A tensor that was kept beside the saved ones, whose memory is free again after its last use. */
inline at::Tensor takeSaved(torch::autograd::AutogradContext* ctx, const char* name) {
  const auto found = ctx->saved_data.find(name);
  TORCH_CHECK(found != ctx->saved_data.end(), "these gradients can be taken once");
  at::Tensor t = std::move(found->second).toTensor();
  ctx->saved_data.erase(found);
  return t;
}

/** The sum of float32 rows (N, C) -> (C). */
at::Tensor sumRows(const at::Tensor& partial);

/** The sum over rows of x (N, C) in float32, as a bias's gradient is: (C). */
at::Tensor columnSums(const at::Tensor& x);

/** Division of rows among blocks that each sum their own: rows of a block, and number of blocks. */
struct Stretches {
  int64_t rows, blocks;
};
Stretches stretchesOf(int64_t rows);

/** Numbers that a thread of a kernel with WIDTH takes at once. */
inline int64_t vectorOf(int64_t width) { return width % 8 == 0 ? 8 : width % 4 == 0 ? 4 : width % 2 == 0 ? 2 : 1; }

/** As in qkv.cu: threads of a block, and heads of `size` numbers that it works on at a time. */
constexpr uint32_t kQkvThreads = 256;
inline int64_t headsOfQkvBlock(int64_t size) {
  const int64_t half = size / 2, vector = half % 4 == 0 ? 4 : half % 2 == 0 ? 2 : 1;
  const int64_t needed = (half + vector - 1) / vector;
  return kQkvThreads / (needed <= 4 ? 4 : needed <= 8 ? 8 : needed <= 16 ? 16 : 32);
}

inline uint32_t blocksFor(int64_t items, int64_t each) { return static_cast<uint32_t>((items + each - 1) / each); }

inline std::string widthOf(int64_t width) { return "WIDTH=" + std::to_string(width); }

/** Pointer for a kernel's parameter `T*`, for any T; null without a tensor. */
inline const void* in(const at::Tensor& t) { return t.defined() ? t.const_data_ptr() : nullptr; }
inline void* out(const at::Tensor& t) { return t.defined() ? t.mutable_data_ptr() : nullptr; }

/** Requirements of every operator: on one GPU, of a type that kernels compute in. */
void requireOnGpu(const at::Tensor& t, const char* op, const char* name, int64_t dim = -1);

}  // namespace trainer::cuda
