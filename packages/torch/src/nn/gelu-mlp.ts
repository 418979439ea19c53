import * as fused from "../fused/gelu-mlp.js";
import type { Tensor } from "../tensor.js";
import type { Conv1d } from "./linear.js";

/** GELU (tanh form) between two layers, in one kernel where they are nothing but their weights: (..., C) -> (..., E). */
export function geluMlp(up: Conv1d, down: Conv1d): (x: Tensor) => Tensor {
  const weights = { w1: up.weight, b1: up.bias, w2: down.weight, b2: down.bias };
  return (x) => (up.isPlain() && down.isPlain() ? fused.geluMlp(x, weights) : down(up.gelu(x)));
}
