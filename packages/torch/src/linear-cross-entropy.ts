import * as kernels from "./fused/kernels.js";
import { cat, ones } from "./create.js";
import { fusable, fusableOnGpu } from "./fused/switch.js";
import { crossEntropy, linear } from "./functional.js";
import { scope } from "./scope.js";
import type { Tensor } from "./tensor.js";

interface LossOptions {
  /** Target of rows that do not count, -100 by default. */
  ignoreIndex?: number;
  /** (V): added to the logits. */
  bias?: Tensor | null | undefined;
  /** Logits are bent to `softcap` tanh(logits / softcap), within which they stay (Gemma Team 2024); 0: they are not. */
  softcap?: number | undefined;
}

interface MeanOptions extends LossOptions {
  /**
   * So much of the square of each row's log-sum-exp is added to its loss, which keeps logits from drifting (Chowdhery et
   * al. 2022, section 5); 0: none.
   */
  zLoss?: number | undefined;
}

/** Logits by plain operators. (..., C), (V, C) -> (..., V) */
const cappedLinear = (hidden: Tensor, weight: Tensor, { bias, softcap = 0 }: LossOptions): Tensor =>
  softcapped(linear(hidden, weight, bias), softcap);

/** `softcap` tanh(logits / softcap); the logits themselves for a cap of 0. */
export const softcapped = (logits: Tensor, softcap = 0): Tensor =>
  softcap === 0 ? logits : logits.div(softcap).tanh().mul(softcap);

/** Reference of `linearCrossEntropy`, by plain operators: all of the logits at once. */
export function linearCrossEntropyReference(
  hidden: Tensor,
  weight: Tensor,
  targets: Tensor,
  options: MeanOptions = {},
): Tensor {
  const { ignoreIndex = -100, zLoss = 0 } = options;
  const logits = cappedLinear(hidden, weight, options);
  const mean = crossEntropy(logits, targets, { ignoreIndex });
  if (zLoss === 0) return mean;
  const counts = targets.ne(ignoreIndex).to("float32");
  const logSumExp = logits.to("float32").logsumexp(1);
  return mean.add(logSumExp.mul(logSumExp).mul(counts).sum().div(counts.sum()).mul(zLoss));
}

/**
 * The mean cross entropy of `hidden weightᵀ` against the targets that are not `ignoreIndex`: (N, C), (V, C), (N) int64 ->
 * (). The logits are made, used for the gradients and dropped some rows at a time: no (N, V) is ever whole, but with a
 * bias, a z-loss or a cap on a GPU, which has them by plain operators.
 */
export function linearCrossEntropy(hidden: Tensor, weight: Tensor, targets: Tensor, options: MeanOptions = {}): Tensor {
  const { ignoreIndex = -100, bias, zLoss = 0, softcap = 0 } = options;
  const isPlain = zLoss === 0 && softcap === 0;
  if (!fusable(hidden, weight) && (bias || !isPlain || !fusableOnGpu([weight], [hidden])))
    return linearCrossEntropyReference(hidden, weight, targets, options);
  const [x, w] = bias ? withBias(hidden, weight, bias) : [hidden, weight];
  if (isPlain) return kernels.linearCrossEntropy(x, w, targets, ignoreIndex);
  return kernels.linearCrossEntropyWith(x, w, targets, ignoreIndex, zLoss, softcap);
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
  options: LossOptions = {},
): Tensor {
  const { ignoreIndex = -100, bias, softcap = 0 } = options;
  const isOnGpu = !bias && softcap === 0 && fusableOnGpu([weight], [hidden]);
  if (fusable(hidden, weight) || isOnGpu) {
    const [x, w] = bias ? withBias(hidden, weight, bias) : [hidden, weight];
    if (softcap === 0) return kernels.linearCrossEntropyRows(x, w, targets, ignoreIndex);
    return kernels.linearCrossEntropyRowsWith(x, w, targets, ignoreIndex, softcap);
  }
  const step = Math.max(1, Math.floor(LOGITS / weight.size(0)));
  const rows = Array.from({ length: Math.ceil(hidden.size(0) / step) }, (_, i) => {
    const part = (t: Tensor) => t.narrow(0, i * step, Math.min(step, t.size(0) - i * step));
    return scope(() => {
      const logits = cappedLinear(part(hidden), weight, options).to("float32");
      return crossEntropy(logits, part(targets), { ignoreIndex, reduction: "none" });
    });
  });
  return cat(rows, 0);
}
