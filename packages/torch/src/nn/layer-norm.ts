import * as F from "../functional.js";
import { ones, zeros } from "../init.js";
import type { Params } from "../params.js";
import type { Tensor } from "../tensor.js";

export interface LayerNorm {
  (x: Tensor): Tensor; // (..., dim) -> (..., dim)
  readonly weight: Tensor;
  readonly bias: Tensor;
  readonly eps: number;
}

export function layerNorm(p: Params, dim: number, options: { eps?: number } = {}): LayerNorm {
  const weight = p.param("weight", [dim], ones);
  const bias = p.param("bias", [dim], zeros);
  const { eps = 1e-5 } = options;
  return Object.assign((x: Tensor) => F.layerNorm(x, weight, bias, eps), { weight, bias, eps });
}
