import { dropout, layerNorm } from "../functional.js";
import type { LayerNorm } from "../nn/layer-norm.js";
import type { Tensor } from "../tensor.js";
import * as kernels from "./kernels.js";
import { fusable, fusableOnGpu } from "./switch.js";

/** Reference of `addLayerNorm`, by plain operators. */
export function addLayerNormReference(x: Tensor, branch: Tensor, norm: LayerNorm, p: number): [Tensor, Tensor] {
  const sum = x.add(dropout(branch, p, true));
  return [sum, layerNorm(sum, norm.weight, norm.bias, norm.eps)];
}

/**
 * The end of a residual branch and the norm that opens the next: `sum` = x + dropout(branch), and `norm` of it, in one
 * pass: (..., C), (..., C) -> (..., C), (..., C). `dropout` is the probability, 0 unless given.
 */
export function addLayerNorm(
  x: Tensor,
  branch: Tensor,
  norm: LayerNorm,
  options: { dropout?: number } = {},
): [sum: Tensor, normed: Tensor] {
  const { dropout: p = 0 } = options;
  if (!fusable(x, branch, norm.weight) && !fusableOnGpu([x, norm.weight], [branch]))
    return addLayerNormReference(x, branch, norm, p);
  return kernels.addLayerNorm(x, branch, norm.weight, norm.bias, norm.eps, p);
}
