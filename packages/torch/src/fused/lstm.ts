import { stack } from "../create.js";
import { embedding, linear } from "../functional.js";
import type { Tensor } from "../tensor.js";
import * as kernels from "./kernels.js";
import { fusable } from "./switch.js";

/** A layer's recurrence: W_hh, and b_ih + b_hh. */
export interface Recurrence {
  readonly weight: Tensor; // (4 H, H)
  readonly bias: Tensor; // (4 H)
}

/** The hidden and the cell state of a layer: (B, H). */
export interface LstmState {
  readonly h: Tensor;
  readonly c: Tensor;
}

/** Reference of `lstmRecurrence`, by plain operators. */
export function lstmRecurrenceReference(
  inputs: Tensor,
  rows: Tensor | null,
  { weight, bias }: Recurrence,
  start: LstmState,
): LstmState & { readonly y: Tensor } {
  const products = rows === null ? inputs : embedding(inputs, rows); // (B, T, 4 H)
  let { h, c } = start;
  const y = Array.from({ length: products.size(1) }, (_, t) => {
    const gates = products
      .select(1, t)
      .add(linear(h, weight, bias))
      .unflatten(-1, [4, -1]); // (B, 4, H)
    const gate = (i: number) => gates.select(1, i);
    c = gate(1)
      .sigmoid()
      .mul(c)
      .add(gate(0).sigmoid().mul(gate(2).tanh()));
    return (h = gate(3).sigmoid().mul(c.tanh()));
  });
  return { y: stack(y, 1), h, c };
}

/**
 * A layer of long short-term memory after its input products W_ih x: these of each token (B, T, 4 H), or those of a table
 * (V, 4 H) with the row of each token (B, T) int64 -> all outputs (B, T, H), and the state after the last.
 */
export function lstmRecurrence(
  inputs: Tensor,
  rows: Tensor | null,
  layer: Recurrence,
  start: LstmState,
): LstmState & { readonly y: Tensor } {
  if (!fusable(inputs, layer.weight, start.h)) return lstmRecurrenceReference(inputs, rows, layer, start);
  const [y, h, c] = kernels.lstm(inputs, rows, layer.weight, layer.bias, start.h, start.c);
  return { y, h, c };
}
