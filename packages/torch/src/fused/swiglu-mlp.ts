import { linear, silu } from "../functional.js";
import type { Tensor } from "../tensor.js";
import * as kernels from "./kernels.js";
import { fusable, fusableOnGpu } from "./switch.js";

/** A linear map, its weight stored (out, in). */
export interface Affine {
  readonly weight: Tensor;
  readonly bias: Tensor | null;
}

/** The three maps of a gated feed-forward layer: C to D twice, D to E. */
export interface SwigluWeights {
  readonly gate: Affine;
  readonly up: Affine;
  readonly down: Affine;
}

/** Reference of `swigluMlp`, by plain operators. */
export function swigluMlpReference(x: Tensor, { gate, up, down }: SwigluWeights): Tensor {
  const gated = silu(linear(x, gate.weight, gate.bias)).mul(linear(x, up.weight, up.bias));
  return linear(gated, down.weight, down.bias);
}

/** down(silu(gate(x)) · up(x)) (Shazeer 2020): (..., C) -> (..., E). The product inside is made again for backward, not kept. */
export function swigluMlp(x: Tensor, weights: SwigluWeights): Tensor {
  const { gate, up, down } = weights;
  const maps = [gate.weight, up.weight, down.weight];
  if (!fusable(x, ...maps) && !fusableOnGpu(maps, [x])) return swigluMlpReference(x, weights);
  return kernels.swigluMlp(x, gate.weight, up.weight, down.weight, gate.bias, up.bias, down.bias);
}
