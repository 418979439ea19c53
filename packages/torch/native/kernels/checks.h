#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <vector>

namespace trainer {

/** Refuses what a kernel's loops cannot read: another device or dtype than CPU float32, or another number of
 * dimensions. */
inline void requireFloat(const at::Tensor& t, const char* op, const char* name, int64_t dim) {
  TORCH_CHECK(t.defined() && t.device().is_cpu() && t.scalar_type() == at::kFloat && t.layout() == at::kStrided, op,
              ": ", name, " must be a float32 tensor on the CPU");
  TORCH_CHECK(dim < 0 || t.dim() == dim, op, ": ", name, " must have ", dim, " dimensions, not ", t.dim());
}

inline void requireDropout(double dropout, const char* op) {
  TORCH_CHECK(dropout >= 0 && dropout < 1, op, ": dropout must be at least 0 and below 1, not ", dropout);
}

/** True if a call must prepare gradients; read before autograd's own function turns the mode off. */
bool needsGrad(std::initializer_list<at::Tensor> tensors);

/** Autograd's functions take an absent tensor as an empty optional, an undefined one not at all. */
inline std::optional<at::Tensor> present(const at::Tensor& t) { return t.defined() ? std::optional(t) : std::nullopt; }

/** Sizes of x with another last dimension, as a product of its rows has. */
inline std::vector<int64_t> withLast(const at::Tensor& x, int64_t size) {
  std::vector<int64_t> sizes = x.sizes().vec();
  sizes.back() = size;
  return sizes;
}

/** The numbers of a tensor that may be undefined: null then. */
inline const float* dataOf(const at::Tensor& t) { return t.defined() ? t.const_data_ptr<float>() : nullptr; }

/** 64 bits of the CPU generator, which manualSeed and setRngState govern. */
uint64_t drawSeed();

/** Calls body(begin, end, scratch) for fixed runs of rows; sums the scratch vectors in order, so that the sum does not
 * depend on the number of threads. Returns the sum, `width` floats. */
at::Tensor sumOverRows(int64_t rows, int64_t width, const std::function<void(int64_t, int64_t, float*)>& body);

/** The same of `runs` equal runs, into a contiguous `out`, of which the scratch vectors have the size; nor does one
 * element of the sum depend on how many there are. */
void sumOverRuns(const at::Tensor& out, int64_t rows, int64_t runs,
                 const std::function<void(int64_t, int64_t, float*)>& body);

}  // namespace trainer
