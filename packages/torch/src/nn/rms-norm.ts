import * as F from "../functional.js";
import { ones } from "../init.js";
import type { Params } from "../params.js";
import type { Tensor } from "../tensor.js";

export interface RmsNorm {
  (x: Tensor): Tensor; // (..., dim) -> (..., dim)
  readonly weight: Tensor;
  readonly eps: number;
}

export function rmsNorm(p: Params, dim: number, options: { eps?: number } = {}): RmsNorm {
  const weight = p.param("weight", [dim], ones);
  const { eps = 1e-6 } = options;
  return Object.assign((x: Tensor) => F.rmsNorm(x, weight, eps), { weight, eps });
}
