import { silu } from "../functional.js";
import * as fused from "../fused/swiglu-mlp.js";
import type { Tensor } from "../tensor.js";
import type { Linear } from "./linear.js";

/** down(silu(gate(x)) · up(x)), in one kernel where the layers are nothing but their weights: (..., C) -> (..., E). */
export function swigluMlp(gate: Linear, up: Linear, down: Linear): (x: Tensor) => Tensor {
  return (x) =>
    [gate, up, down].every((layer) => layer.isPlain())
      ? fused.swigluMlp(x, { gate, up, down })
      : down(silu(gate(x)).mul(up(x)));
}
