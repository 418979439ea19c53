import { at } from "@trainer/disk";
import { scaledDotProductAttention } from "../functional.js";
import { cat } from "../ops.js";
import type { Tensor } from "../tensor.js";
import { repeatHeads } from "./causal-attention.js";
import * as kernels from "./kernels.js";
import { fusable } from "./switch.js";

/** Keys and values in pages of P tokens each, which sequences have in any order and may share. */
export interface PagedKeysAndValues {
  /** (layers, 2, nkv, P, hs) each: keys, then values. */
  readonly pages: readonly Tensor[];
  readonly layer: number;
  /** Numbers of the pages of each token's sequence, as far as it has any: (N, pages) int64. */
  readonly table: Tensor;
  /** Each token's place in its sequence: (N) int64. */
  readonly positions: Tensor;
}

/** Reference of `pagedAttention`, by plain operators, one token after another. */
export function pagedAttentionReference(q: Tensor, k: Tensor, v: Tensor, paged: PagedKeysAndValues): Tensor {
  const { layer, table } = paged;
  const pages = paged.pages.map((page) => page.select(0, layer)); // (2, nkv, P, hs)
  const size = at(pages, 0).size(2);
  const numbers = (t: Tensor) => Array.from(t.to("float64").data(), Number);
  const tokens = numbers(paged.positions).map((position, n) => ({
    position,
    own: numbers(table.select(0, n)).map((page) => at(pages, page)),
  }));
  for (const [n, { position, own }] of tokens.entries()) {
    const place = at(own, Math.floor(position / size)).narrow(2, position % size, 1); // (2, nkv, 1, hs)
    place.select(0, 0).copy_(k.select(0, n));
    place.select(0, 1).copy_(v.select(0, n));
  }
  const groups = q.size(1) / k.size(1);
  const attended = tokens.map(({ position, own }, n) => {
    const seen = cat(own, 2).narrow(2, 0, position + 1); // (2, nkv, position + 1, hs)
    return scaledDotProductAttention(
      q.narrow(0, n, 1),
      repeatHeads(seen.narrow(0, 0, 1), groups),
      repeatHeads(seen.narrow(0, 1, 1), groups),
    );
  });
  return cat(attended, 0);
}

/**
 * Attention of any number of tokens of any sequences, each to itself and those before it in its own: queries (N, nh, 1,
 * hs), keys and values (N, nkv, 1, hs), which are written to their places first, -> (N, nh, 1, hs). Tokens of one sequence
 * follow one another. A token comes out the same whatever others are read with it, to the bit (on the CPU, in float32). It
 * has no gradient.
 */
export function pagedAttention(q: Tensor, k: Tensor, v: Tensor, paged: PagedKeysAndValues): Tensor {
  const { pages, layer, table, positions } = paged;
  if (!fusable(q, k, v, ...pages)) return pagedAttentionReference(q, k, v, paged);
  return kernels.pagedAttention(q, k, v, pages, table, positions, layer);
}
