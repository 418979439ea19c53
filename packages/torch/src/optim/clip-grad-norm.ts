import { stack, zeros } from "../create.js";
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
      const total = stack(fused.foreachNorm(grads, 2)).norm();
      if (maxNorm > 0) fused.foreachMul_(grads, total.add(1e-6).pow(-1).mul(maxNorm).clamp(null, 1));
      return total;
    }),
  );
}
