import { ones, scaledDotProductAttention, type Tensor } from "@trainer/torch";
import type { Documents } from "./documents.js";
import type { KvCache } from "./kv-cache.js";

/** (B, T, nh · hs) -> (B, nh, T, hs) */
export const toHeads = (x: Tensor, headSize: number): Tensor => x.unflatten(-1, [-1, headSize]).transpose(1, 2);

/** (B, nh, T, hs) -> (B, T, nh · hs) */
export const fromHeads = (x: Tensor): Tensor => x.transpose(1, 2).flatten(2);

export interface AttendOptions {
  readonly layer: number;
  readonly cache: KvCache | undefined;
  /** Those whose tokens look only at their own. */
  readonly documents?: Documents | undefined;
  /** On the attention's weights. */
  readonly dropout?: number;
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
  return scaledDotProductAttention(q, shared(all.k, groups), shared(all.v, groups), options);
}

/** (B, nkv, T, hs) -> (B, nkv · groups, T, hs) */
function shared(x: Tensor, groups: number): Tensor {
  if (groups === 1) return x;
  const [b, heads, t, size] = [x.size(0), x.size(1), x.size(2), x.size(3)];
  return x.unsqueeze(2).expand([b, heads, groups, t, size]).flatten(1, 2);
}
