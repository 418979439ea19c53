#pragma once
#include <ATen/core/Tensor.h>

namespace trainer::cuda {

/** (B, nh, T, hs) each, as attention takes them. */
struct Heads {
  at::Tensor q, k, v;
};

/** State that attention keeps for its gradient. */
struct Attended {
  at::Tensor out, logSumExp, seed, offset;
};

Attended attend(const Heads& h, double dropout, bool byCuDnn);

Heads attendBackward(const at::Tensor& dOut, const Heads& h, const Attended& a, double dropout, bool byCuDnn);

/**
 * True if cuDNN's attention is faster here than libtorch's flash attention: measured once and cached, as of products.
 */
bool preferCuDnn(const Heads& h, double dropout);

}  // namespace trainer::cuda
