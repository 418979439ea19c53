import { stack } from "../create.js";
import * as F from "../functional.js";
import { lstmRecurrence } from "../fused/lstm.js";
import { fusable } from "../fused/switch.js";
import { uniform } from "../init.js";
import * as ops from "../ops.js";
import type { Params } from "../params.js";
import { isGradEnabled } from "../scope.js";
import type { Tensor } from "../tensor.js";
import { flattenForCudnn, withoutBfloat16 } from "./cudnn-rnn.js";

/** Hidden and cell state of each layer: (L, B, H). */
export interface LstmStates {
  readonly h: Tensor;
  readonly c: Tensor;
}

/** An input that is looked up: the rows `ids` (B, T) int64 of a table (V, in). */
export interface LookedUp {
  readonly table: Tensor;
  readonly ids: Tensor;
}

/** x (B, T, in) from a state -> y (B, T, H) and the state after the last step. */
export interface Lstm {
  (x: Tensor | LookedUp, state: LstmStates, options?: { dropout?: number }): LstmStates & { readonly y: Tensor };
  /** For each layer W_ih, W_hh, b_ih and b_hh. */
  readonly weights: readonly Tensor[];
}

/**
 * Layers of long short-term memory (Hochreiter & Schmidhuber 1997), their weights named, laid out and drawn as PyTorch's
 * module has them: uniform within 1 / sqrt(H). `dropout` is on what a layer hands to the next.
 */
export function lstm(p: Params, inFeatures: number, hidden: number, layers: number): Lstm {
  const bound = uniform(1 / Math.sqrt(hidden));
  const weights = Array.from({ length: layers }, (_, layer) => ({
    weightIh: p.param(`weight_ih_l${layer}`, [4 * hidden, layer === 0 ? inFeatures : hidden], bound),
    weightHh: p.param(`weight_hh_l${layer}`, [4 * hidden, hidden], bound),
    biasIh: p.param(`bias_ih_l${layer}`, [4 * hidden], bound),
    biasHh: p.param(`bias_hh_l${layer}`, [4 * hidden], bound),
  }));

  /** Layer by layer: the input products of all tokens at once, then the recurrence. */
  function fused(x: Tensor | LookedUp, state: LstmStates, dropout: number): [y: Tensor, h: Tensor, c: Tensor] {
    const after = new Array<{ h: Tensor; c: Tensor }>();
    let input = x;
    for (const [layer, { weightIh, weightHh, biasIh, biasHh }] of weights.entries()) {
      const { products, rows } = inputProducts(input, weightIh);
      const start = { h: state.h.select(0, layer), c: state.c.select(0, layer) };
      const { y, h, c } = lstmRecurrence(products, rows, { weight: weightHh, bias: biasIh.add(biasHh) }, start);
      after.push({ h, c });
      input = F.dropout(y, dropout, layer + 1 < layers);
    }
    return [rowsOf(input), stack(after.map(({ h }) => h)), stack(after.map(({ c }) => c))];
  }

  const flat = weights.flatMap(({ weightIh, weightHh, biasIh, biasHh }) => [weightIh, weightHh, biasIh, biasHh]);
  flattenForCudnn(flat, { inFeatures, hidden, layers }, p.device);

  /** By libtorch: on a GPU cuDNN, which keeps the backward pass's inputs only in training. */
  function plain(x: Tensor, { h, c }: LstmStates, dropout: number): [y: Tensor, h: Tensor, c: Tensor] {
    const between = layers > 1 ? dropout : 0;
    const train = between > 0 || isGradEnabled();
    return withoutBfloat16(() => ops.lstm(x, [h, c], flat, true, layers, between, train, false, true));
  }

  const forward = (x: Tensor | LookedUp, state: LstmStates, { dropout = 0 }: { dropout?: number } = {}) => {
    const [y, h, c] = fusable(state.h, ...flat) ? fused(x, state, dropout) : plain(rowsOf(x), state, dropout);
    return { y, h, c };
  };
  return Object.assign(forward, { weights: flat });
}

const rowsOf = (x: Tensor | LookedUp): Tensor => ("ids" in x ? F.embedding(x.table, x.ids) : x);

/** W_ih x, once a row of the table where that has no more rows than there are tokens. */
function inputProducts(x: Tensor | LookedUp, weight: Tensor): { products: Tensor; rows: Tensor | null } {
  if ("ids" in x && x.table.size(0) <= x.ids.numel) return { products: F.linear(x.table, weight), rows: x.ids };
  return { products: F.linear(rowsOf(x), weight), rows: null };
}
