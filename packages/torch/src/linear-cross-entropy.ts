import * as kernels from "./fused/kernels.js";
import { cat, ones } from "./create.js";
import { fusable } from "./fused/switch.js";
import { crossEntropy, linear } from "./functional.js";
import type { Tensor } from "./tensor.js";

/** What `linearCrossEntropy` computes, by plain operators: all of the logits at once. */
export function linearCrossEntropyReference(
  hidden: Tensor,
  weight: Tensor,
  targets: Tensor,
  options: { ignoreIndex?: number; bias?: Tensor | null } = {},
): Tensor {
  return crossEntropy(linear(hidden, weight, options.bias), targets, options);
}

/**
 * The mean cross entropy of `hidden weightᵀ`, to which `bias` (V) may be added, against the targets that are not
 * `ignoreIndex` (default -100): (N, C), (V, C), (N) int64 -> (). The logits are made, used for the gradients and dropped some rows at a time: no (N, V)
 * is ever whole.
 */
export function linearCrossEntropy(
  hidden: Tensor,
  weight: Tensor,
  targets: Tensor,
  options: { ignoreIndex?: number; bias?: Tensor | null } = {},
): Tensor {
  if (!fusable(hidden, weight)) return linearCrossEntropyReference(hidden, weight, targets, options);
  const { ignoreIndex = -100, bias } = options;
  if (!bias) return kernels.linearCrossEntropy(hidden, weight, targets, ignoreIndex);
  // A bias is a further column of the weight that a one is multiplied with.
  const x = cat([hidden, ones([hidden.size(0), 1])], 1);
  return kernels.linearCrossEntropy(x, cat([weight, bias.unsqueeze(1)], 1), targets, ignoreIndex);
}
