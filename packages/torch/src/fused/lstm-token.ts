import type { Tensor } from "../tensor.js";
import * as kernels from "./kernels.js";
import { fusable } from "./switch.js";

/** A whole model by layers of long short-term memory. */
export interface LstmModel {
  readonly table: Tensor; // (V, C): the embedding
  /** For each layer W_ih (4 H, in), W_hh (4 H, H), b_ih (4 H) and b_hh (4 H). */
  readonly weights: readonly Tensor[];
  readonly head: Tensor; // (V, H)
  readonly headBias: Tensor; // (V)
}

/**
 * One token more of each of B sequences, from its id to the next token's logits (B, V), in one pass over the weights;
 * the states, (L, B, H), become those after it. A sequence's values are the same whatever others there are, to the bit.
 * No gradients. Returns null, with nothing done, where there is no kernel for it: not on the CPU in float32, or with
 * kernels off.
 */
export function lstmToken(
  ids: readonly number[],
  { table, weights, head, headBias }: LstmModel,
  state: { readonly h: Tensor; readonly c: Tensor },
): Tensor | null {
  return fusable(table, state.h) ? kernels.lstmToken(ids, table, weights, head, headBias, state.h, state.c) : null;
}
