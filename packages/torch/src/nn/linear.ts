import * as F from "../functional.js";
import { normal, zeros } from "../init.js";
import type { Params } from "../params.js";
import type { Tensor } from "../tensor.js";
import type { Adaptable } from "./adaptable.js";

export interface Linear {
  (x: Tensor): Tensor; // (..., in) -> (..., out)
  readonly weight: Tensor;
  readonly bias: Tensor | null;
  /** True if it is weight and bias alone, as kernels that take these require. */
  isPlain(): boolean;
  /** The layer, then GELU by its tanh form. */
  gelu(x: Tensor): Tensor;
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
  const layer: Adaptable = { weight, inFeatures, outFeatures, inOut: false, adapter: null, quantized: null };
  return Object.assign(
    adaptable(p, layer, bias, (x) => F.linear(x, weight, bias)),
    { weight, bias },
  );
}

export interface Conv1d extends Linear {
  readonly bias: Tensor;
}

/** GPT-2's linear layer: the same map with its weight stored (in, out), as Hugging Face's checkpoints hold it. */
export function conv1d(p: Params, inFeatures: number, outFeatures: number, options: { std?: number } = {}): Conv1d {
  const weight = p.param("weight", [inFeatures, outFeatures], normal(options.std ?? 0.02));
  const bias = p.param("bias", [outFeatures], zeros);
  const layer: Adaptable = { weight, inFeatures, outFeatures, inOut: true, adapter: null, quantized: null };
  return Object.assign(
    adaptable(p, layer, bias, (x) => F.linear(x, weight.t(), bias)),
    { weight, bias },
  );
}

/** A layer's map, by a quantized weight once there is one, and what an adapter adds to it. */
function adaptable(p: Params, layer: Adaptable, bias: Tensor | null, map: (x: Tensor) => Tensor) {
  p.register(layer);
  const forward = (x: Tensor) => {
    const y = layer.quantized === null ? map(x) : layer.quantized.linear(x, bias);
    return layer.adapter === null ? y : y.add(layer.adapter(x));
  };
  return Object.assign(forward, {
    isPlain: () => layer.adapter === null && layer.quantized === null,
    gelu: (x: Tensor) =>
      layer.adapter === null && layer.quantized !== null
        ? layer.quantized.linear(x, bias, { gelu: true })
        : F.gelu(forward(x), { approximate: "tanh" }),
  });
}
