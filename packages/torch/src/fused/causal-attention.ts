import { scaledDotProductAttention } from "../functional.js";
import type { Tensor } from "../tensor.js";
import * as kernels from "./kernels.js";
import { fusable } from "./switch.js";

/** What `causalAttention` computes, by plain operators. */
export function causalAttentionReference(qkv: Tensor, nHead: number, p: number): Tensor {
  const heads = qkv.unflatten(-1, [3, nHead, -1]).permute([2, 0, 3, 1, 4]); // (3, B, nh, T, hs)
  return scaledDotProductAttention(heads.select(0, 0), heads.select(0, 1), heads.select(0, 2), {
    isCausal: true,
    dropout: p,
  })
    .transpose(1, 2)
    .flatten(2);
}

/**
 * Multi-head attention of each token to itself and those before it: queries, keys and values side by side (B, T, 3 C) ->
 * (B, T, C). `dropout` is on the attention's weights. Nothing above the diagonal is computed, no (T, T) is kept.
 */
export function causalAttention(qkv: Tensor, nHead: number, options: { dropout?: number } = {}): Tensor {
  const { dropout: p = 0 } = options;
  return fusable(qkv) ? kernels.causalAttention(qkv, nHead, p) : causalAttentionReference(qkv, nHead, p);
}
