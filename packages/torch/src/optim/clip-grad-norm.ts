import { ones, stack, zeros } from "../create.js";
import { totalNorm } from "../fused/kernels.js";
import { fusable, fusableOnGpu } from "../fused/switch.js";
import * as fused from "./fused.js";
import { noGrad, scope } from "../scope.js";
import type { Tensor } from "../tensor.js";

/**
 * Scales the gradients so that their global L2 norm is at most `maxNorm`, as PyTorch does, and returns the norm before: ().
 * A `maxNorm` of 0 only measures.
 */
export function clipGradNorm(params: Iterable<Tensor>, maxNorm: number): Tensor {
  return scope(() =>
    noGrad(() => {
      const grads = [...params].map((p) => p.grad).filter((g) => g !== null);
      if (grads.length === 0) return zeros([]);
      const kernel = fusable(...grads) || fusableOnGpu(grads);
      const total = kernel ? totalNorm(grads) : stack(fused.foreachNorm(grads, 2)).norm();
      if (maxNorm > 0) fused.foreachMul_(grads, clipScaleOf(total, maxNorm));
      return total;
    }),
  );
}

/**
 * The factor of `clipGradNorm`, for a norm measured before: `optimizer.step(clipScale(norm, maxNorm))` clips and
 * updates in one pass.
 */
export const clipScale = (norm: number, maxNorm: number): number =>
  maxNorm > 0 ? Math.min(1, maxNorm / (norm + 1e-6)) : 1;

/** The same of a norm that only its device knows: () -> () */
export const clipScaleOf = (norm: Tensor, maxNorm: number): Tensor =>
  maxNorm > 0 ? norm.add(1e-6).pow(-1).mul(maxNorm).clamp(null, 1) : ones([], { device: norm.device });
