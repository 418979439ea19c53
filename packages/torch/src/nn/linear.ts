import * as F from "../functional.js";
import { normal, zeros } from "../init.js";
import type { Params } from "../params.js";
import type { Tensor } from "../tensor.js";

export interface Linear {
  (x: Tensor): Tensor; // (..., in) -> (..., out)
  readonly weight: Tensor;
  readonly bias: Tensor | null;
}

/** x Wᵀ + b with W (out, in) from N(0, std²) and b zero. */
export function linear(
  p: Params,
  inFeatures: number,
  outFeatures: number,
  options: { bias?: boolean; std?: number } = {},
): Linear {
  const weight = p.param("weight", [outFeatures, inFeatures], normal(options.std ?? 0.02));
  const bias = options.bias === false ? null : p.param("bias", [outFeatures], zeros);
  return Object.assign((x: Tensor) => F.linear(x, weight, bias), { weight, bias });
}

export interface Conv1d extends Linear {
  readonly bias: Tensor;
}

/** GPT-2's linear layer: the same map with its weight stored (in, out), as Hugging Face's checkpoints hold it. */
export function conv1d(p: Params, inFeatures: number, outFeatures: number, options: { std?: number } = {}): Conv1d {
  const weight = p.param("weight", [inFeatures, outFeatures], normal(options.std ?? 0.02));
  const bias = p.param("bias", [outFeatures], zeros);
  return Object.assign((x: Tensor) => F.linear(x, weight.t(), bias), { weight, bias });
}
