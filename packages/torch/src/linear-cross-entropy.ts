import * as kernels from "./fused/kernels.js";
import { cat, ones } from "./create.js";
import { fusable, fusableOnGpu } from "./fused/switch.js";
import { crossEntropy, linear } from "./functional.js";
import { scope } from "./scope.js";
import type { Tensor } from "./tensor.js";

/** Reference of `linearCrossEntropy`, by plain operators: all of the logits at once. */
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
  const { ignoreIndex = -100, bias } = options;
  if (!fusable(hidden, weight) && (bias || !fusableOnGpu([weight], [hidden])))
    return linearCrossEntropyReference(hidden, weight, targets, options);
  if (!bias) return kernels.linearCrossEntropy(hidden, weight, targets, ignoreIndex);
  return kernels.linearCrossEntropy(...withBias(hidden, weight, bias), targets, ignoreIndex);
}

/** A bias is a further column of the weight that a one is multiplied with. */
function withBias(hidden: Tensor, weight: Tensor, bias: Tensor): [x: Tensor, weight: Tensor] {
  return [cat([hidden, ones([hidden.size(0), 1])], 1), cat([weight, bias.unsqueeze(1)], 1)];
}

/** The most logits that plain operators hold at once, in numbers: 64 MB of them. */
const LOGITS = 1 << 24;

/**
 * The cross entropy of each row by itself, 0 where the target is `ignoreIndex`, without a gradient: (N, C), (V, C),
 * (N) int64 -> (N). As in `linearCrossEntropy` no (N, V) is ever whole.
 */
export function linearCrossEntropyRows(
  hidden: Tensor,
  weight: Tensor,
  targets: Tensor,
  options: { ignoreIndex?: number; bias?: Tensor | null } = {},
): Tensor {
  const { ignoreIndex = -100, bias } = options;
  if (fusable(hidden, weight) || (!bias && fusableOnGpu([weight], [hidden]))) {
    const [x, w] = bias ? withBias(hidden, weight, bias) : [hidden, weight];
    return kernels.linearCrossEntropyRows(x, w, targets, ignoreIndex);
  }
  const step = Math.max(1, Math.floor(LOGITS / weight.size(0)));
  const rows = Array.from({ length: Math.ceil(hidden.size(0) / step) }, (_, i) => {
    const part = (t: Tensor) => t.narrow(0, i * step, Math.min(step, t.size(0) - i * step));
    return scope(() =>
      crossEntropy(linear(part(hidden), weight, bias).to("float32"), part(targets), { ignoreIndex, reduction: "none" }),
    );
  });
  return cat(rows, 0);
}
