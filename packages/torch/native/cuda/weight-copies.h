#pragma once
#include <ATen/core/Tensor.h>

namespace trainer::cuda {

/**
 * A weight in the type of computation, contiguous: itself if it has that type, else a cached copy that is remade only
 * when the weight has changed, which the optimizer does in passing (`copyOf`). Rows are padded in storage to a multiple
 * of 64, so that products with a vocabulary of any size are aligned; the padding is zeros.
 */
at::Tensor inType(const at::Tensor& weight, at::ScalarType type);

/** The same with its padding: (rows rounded up to 64, columns). */
at::Tensor paddedInType(const at::Tensor& weight, at::ScalarType type);

/** Weights of equally long rows, one below the other, in one copy: (sum of rows, columns). */
at::Tensor stackedInType(at::TensorList weights, at::ScalarType type);

/** The copy that an optimizer writes beside `weight`, undefined if there is none; it has the weight's shape. */
at::Tensor copyOf(const at::Tensor& weight);

/** The weight was changed, and its copy with it. */
void copyWritten(const at::Tensor& weight);

}  // namespace trainer::cuda
