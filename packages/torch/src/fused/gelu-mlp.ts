import { gelu, linear } from "../functional.js";
import type { Tensor } from "../tensor.js";
import * as kernels from "./kernels.js";
import { fusable, fusableOnGpu } from "./switch.js";

/** The two maps of a feed-forward layer, weights stored (in, out). */
export interface MlpWeights {
  w1: Tensor; // (C, D)
  b1: Tensor; // (D)
  w2: Tensor; // (D, E)
  b2: Tensor; // (E)
}

/** Reference of `geluMlp`, by plain operators. */
export function geluMlpReference(x: Tensor, { w1, b1, w2, b2 }: MlpWeights): Tensor {
  return linear(gelu(linear(x, w1.t(), b1), { approximate: "tanh" }), w2.t(), b2);
}

/** GELU (tanh form) between two linear maps: (..., C) -> (..., E). GELU's output is made again for backward, not kept. */
export function geluMlp(x: Tensor, weights: MlpWeights): Tensor {
  const { w1, b1, w2, b2 } = weights;
  return fusable(x, w1, w2) || fusableOnGpu([w1, b1, w2, b2], [x])
    ? kernels.geluMlp(x, w1, b1, w2, b2)
    : geluMlpReference(x, weights);
}
