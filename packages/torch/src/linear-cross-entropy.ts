import * as kernels from "./fused/kernels.js";
import { fusable } from "./fused/switch.js";
import { crossEntropy, linear } from "./functional.js";
import type { Tensor } from "./tensor.js";

/** What `linearCrossEntropy` computes, by plain operators: all of the logits at once. */
export function linearCrossEntropyReference(
  hidden: Tensor,
  weight: Tensor,
  targets: Tensor,
  options: { ignoreIndex?: number } = {},
): Tensor {
  return crossEntropy(linear(hidden, weight), targets, options);
}

/**
 * The mean cross entropy of `hidden weightᵀ` against the targets that are not `ignoreIndex` (default -100):
 * (N, C), (V, C), (N) int64 -> (). The logits are made, used for the gradients and dropped some rows at a time: no (N, V)
 * is ever whole.
 */
export function linearCrossEntropy(
  hidden: Tensor,
  weight: Tensor,
  targets: Tensor,
  options: { ignoreIndex?: number } = {},
): Tensor {
  if (!fusable(hidden, weight)) return linearCrossEntropyReference(hidden, weight, targets, options);
  return kernels.linearCrossEntropy(hidden, weight, targets, options.ignoreIndex ?? -100);
}
