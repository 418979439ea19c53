import * as kernels from "./fused/kernels.js";
import { cat } from "./create.js";
import { fusable, fusableOnGpu } from "./fused/switch.js";
import * as ops from "./ops.js";
import type { Tensor } from "./tensor.js";

/** Rows of a table: (V, C), (...) int64 or int32 -> (..., C). */
export function embedding(weight: Tensor, indices: Tensor): Tensor {
  return ops.embedding(weight, indices);
}

/**
 * x Wᵀ + b: (..., in), (out, in), (out) -> (..., out). On the CPU in float32 each of up to 64 rows is the same whatever
 * the others are and how many.
 */
export function linear(x: Tensor, weight: Tensor, bias?: Tensor | null): Tensor {
  if (x.ndim > 0 && x.numel > 0 && (fusable(x, weight) || fusableOnGpu(bias ? [weight, bias] : [weight], [x])))
    return kernels.linear(x, weight.t(), bias);
  return ops.linear(x, weight, bias);
}

/** Normalizes over the last dimensions, those of the weight (Ba et al. 2016). */
export function layerNorm(
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  eps = 1e-5,
  onGpu: typeof fusableOnGpu = fusableOnGpu,
): Tensor {
  if (bias !== null && weight.ndim === 1 && onGpu([x, weight, bias])) return kernels.layerNorm(x, weight, bias, eps);
  return ops.layerNorm(x, weight.shape, weight, bias, eps);
}

/** Divides by the root of the mean square over the last dimension, that of the weight (Zhang & Sennrich 2019). */
export function rmsNorm(x: Tensor, weight: Tensor, eps = 1e-6): Tensor {
  return fusable(x, weight) || fusableOnGpu([x, weight])
    ? kernels.rmsNorm(x, weight, eps)
    : ops.rmsNorm(x, weight.shape, weight, eps);
}

/** Rotation of queries and keys by their positions: (T, hs) each. */
export interface Rotation {
  readonly cos: Tensor;
  readonly sin: Tensor;
}

/** Turns (..., T, hs), the first half of a head's numbers paired with the second (Su et al. 2021). */
export function rotate(x: Tensor, { cos, sin }: Rotation): Tensor {
  const half = x.size(-1) / 2;
  const turned = cat([x.narrow(-1, half, half).neg(), x.narrow(-1, 0, half)], -1);
  return x.mul(cos).add(turned.mul(sin));
}

/** x · sigmoid(x). */
export function silu(x: Tensor): Tensor {
  return ops.silu(x);
}

/** GELU (Hendrycks & Gimpel 2016), exact or by tanh as GPT-2 has it. */
export function gelu(x: Tensor, options: { approximate?: "none" | "tanh" } = {}): Tensor {
  return ops.gelu(x, options.approximate);
}

export function softmax(x: Tensor, dim: number): Tensor {
  return ops.softmax(x, dim);
}

/** Zeroes elements with probability `p` while training, and scales the rest by 1 / (1 - p). */
export function dropout(x: Tensor, p: number, training: boolean): Tensor {
  if (!training || p === 0) return x;
  return fusable(x) ? kernels.dropout(x, p) : ops.dropout(x, p, true);
}

const REDUCTION = { none: 0, mean: 1, sum: 2 } as const;

/** Mean negative log-likelihood over the targets that are not `ignoreIndex`: (N, V), (N) int64 -> (); reduction "none": (N). */
export function crossEntropy(
  logits: Tensor,
  targets: Tensor,
  options: { ignoreIndex?: number; reduction?: keyof typeof REDUCTION } = {},
): Tensor {
  const { ignoreIndex = -100, reduction = "mean" } = options;
  return ops.crossEntropyLoss(logits, targets, undefined, REDUCTION[reduction], ignoreIndex);
}

/** softmax(q kᵀ / sqrt(E)) v (Vaswani et al. 2017): (..., L, E), (..., S, E), (..., S, Ev) -> (..., L, Ev). */
export function scaledDotProductAttention(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  options: { isCausal?: boolean; dropout?: number; mask?: Tensor | null; scale?: number } = {},
): Tensor {
  const { isCausal = false, dropout: p = 0, mask, scale } = options;
  return ops.scaledDotProductAttention(q, k, v, mask, p, isCausal, scale);
}
