import { cat } from "../create.js";
import { linear } from "../functional.js";
import type { Tensor } from "../tensor.js";
import * as kernels from "./kernels.js";
import { fusable, fusableOnGpu } from "./switch.js";

/** Reference of `linearSideBySide`, by plain operators. */
export function linearSideBySideReference(x: Tensor, weights: readonly Tensor[], biases: readonly Tensor[]): Tensor {
  return cat(
    weights.map((weight, i) => linear(x, weight, biases[i])),
    -1,
  );
}

/**
 * Several linear maps of one input, their outputs side by side: (..., C), (D_i, C) each, (D_i) each or no biases at all
 * -> (..., sum of D_i).
 */
export function linearSideBySide(x: Tensor, weights: readonly Tensor[], biases: readonly Tensor[]): Tensor {
  if (!fusable(x, ...weights) && !fusableOnGpu([...weights, ...biases], [x]))
    return linearSideBySideReference(x, weights, biases);
  return kernels.linearSideBySide(x, weights, biases);
}
