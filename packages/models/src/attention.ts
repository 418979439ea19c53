import {
  causalAttention,
  ones,
  type QkvLayout,
  repeatHeads,
  scaledDotProductAttention,
  type Tensor,
  unpackQkv,
} from "@trainer/torch";
import type { Forward } from "./family.js";
import type { KvCache } from "./kv-cache.js";

/** (B, T, nh · hs) -> (B, nh, T, hs) */
export const toHeads = (x: Tensor, headSize: number): Tensor => x.unflatten(-1, [-1, headSize]).transpose(1, 2);

/** (B, nh, T, hs) -> (B, T, nh · hs) */
export const fromHeads = (x: Tensor): Tensor => x.transpose(1, 2).flatten(2);

/** A forward pass as blocks with attention take it: what its cache holds are keys and values. */
export interface Pass extends Omit<Forward, "cache"> {
  readonly cache: KvCache | undefined;
}

export interface AttendOptions extends Pick<Pass, "cache" | "documents"> {
  readonly layer: number;
  /** Probability of dropout on the attention's weights. */
  readonly dropout?: number;
}

/**
 * Self-attention over queries, keys and values side by side, (B, T, (nh + 2 nkv) hs), -> (B, T, nh · hs): of each token to
 * itself and those before it, those in the cache too.
 */
export function selfAttention(qkv: Tensor, layout: QkvLayout, options: AttendOptions): Tensor {
  const { cache, documents } = options;
  if (cache === undefined && documents === undefined) return causalAttention(qkv, layout, options);
  const { q, k, v } = unpackQkv(qkv, layout);
  return fromHeads(attend(q, k, v, options));
}

/**
 * Each token looks at itself and at those before it, those in the cache too: queries (B, nh, T, hs), keys and values
 * (B, nkv, T, hs) -> (B, nh, T, hs). Where there are fewer keys than queries, each serves nh / nkv neighbours (Ainslie
 * et al. 2023).
 */
export function attend(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  { layer, cache, documents, dropout = 0 }: AttendOptions,
): Tensor {
  const t = q.size(2);
  if (cache !== undefined && t === 1) return cache.attend(layer, q, k, v);
  const past = cache?.length ?? 0;
  const all = cache === undefined ? { k, v } : cache.append(layer, k, v); // (B, nkv, past + T, hs)
  const groups = q.size(1) / k.size(1);
  // A stretch at the beginning is causal as in training.
  const late = past > 0 ? ones([t, past + t], { dtype: "bool", device: q.device }).tril(past) : null;
  const options = { isCausal: past === 0 && documents === undefined, mask: documents?.mask ?? late, dropout };
  return scaledDotProductAttention(q, repeatHeads(all.k, groups), repeatHeads(all.v, groups), options);
}
