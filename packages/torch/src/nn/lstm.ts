import { uniform } from "../init.js";
import * as ops from "../ops.js";
import type { Params } from "../params.js";
import type { Tensor } from "../tensor.js";

/** Hidden and cell state of each layer: (L, B, H). */
export interface LstmStates {
  readonly h: Tensor;
  readonly c: Tensor;
}

/** x (B, T, in) from a state -> y (B, T, H) and the state after the last step. */
export type Lstm = (
  x: Tensor,
  state: LstmStates,
  options?: { dropout?: number },
) => LstmStates & { readonly y: Tensor };

/**
 * Layers of long short-term memory (Hochreiter & Schmidhuber 1997), their weights named, laid out and drawn as PyTorch's
 * module has them: uniform within 1 / sqrt(H). `dropout` is on what a layer hands to the next.
 */
export function lstm(p: Params, inFeatures: number, hidden: number, layers: number): Lstm {
  const bound = uniform(1 / Math.sqrt(hidden));
  const weights = Array.from({ length: layers }, (_, layer) => [
    p.param(`weight_ih_l${layer}`, [4 * hidden, layer === 0 ? inFeatures : hidden], bound),
    p.param(`weight_hh_l${layer}`, [4 * hidden, hidden], bound),
    p.param(`bias_ih_l${layer}`, [4 * hidden], bound),
    p.param(`bias_hh_l${layer}`, [4 * hidden], bound),
  ]).flat();
  return (x, state, { dropout = 0 } = {}) => {
    const [y, h, c] = ops.lstm(x, [state.h, state.c], weights, true, layers, dropout, dropout > 0, false, true);
    return { y, h, c };
  };
}
