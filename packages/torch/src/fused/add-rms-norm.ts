import { rmsNorm } from "../functional.js";
import type { RmsNorm } from "../nn/rms-norm.js";
import type { Tensor } from "../tensor.js";
import * as kernels from "./kernels.js";
import { fusable, fusableOnGpu } from "./switch.js";

/** Reference of `addRmsNorm`, by plain operators. */
export function addRmsNormReference(
  x: Tensor,
  branch: Tensor,
  norm: Pick<RmsNorm, "weight" | "eps">,
): [Tensor, Tensor] {
  const sum = x.add(branch);
  return [sum, rmsNorm(sum, norm.weight, norm.eps)];
}

/**
 * The end of a residual branch and the norm that opens the next: `sum` = x + branch, and `norm` of it, in one pass:
 * (..., C), (..., C) -> (..., C), (..., C).
 */
export function addRmsNorm(
  x: Tensor,
  branch: Tensor,
  norm: Pick<RmsNorm, "weight" | "eps">,
): [sum: Tensor, normed: Tensor] {
  if (!fusable(x, branch, norm.weight) && !fusableOnGpu([x, norm.weight], [branch]))
    return addRmsNormReference(x, branch, norm);
  return kernels.addRmsNorm(x, branch, norm.weight, norm.eps);
}
