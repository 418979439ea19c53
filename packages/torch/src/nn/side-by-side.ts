import { cat } from "../create.js";
import { linearSideBySide } from "../fused/linear-side-by-side.js";
import type { Tensor } from "../tensor.js";
import type { Linear } from "./linear.js";

/** The outputs of several layers of one input, side by side: (..., in) -> (..., sum of out). */
export function sideBySide(...layers: readonly Linear[]): (x: Tensor) => Tensor {
  const weights = layers.map(({ weight }) => weight);
  const biases = layers.flatMap(({ bias }) => bias ?? []);
  const alike = biases.length === 0 || biases.length === layers.length;
  return (x) => {
    if (alike && layers.every((layer) => layer.isPlain())) return linearSideBySide(x, weights, biases);
    return cat(
      layers.map((layer) => layer(x)),
      -1,
    );
  };
}
