import { isAutocasting } from "../amp.js";
import { rmsNorm, rotate, scaledDotProductAttention, type Rotation } from "../functional.js";
import { isGradEnabled } from "../scope.js";
import type { Tensor } from "../tensor.js";
import * as kernels from "./kernels.js";
import { fusable, fusableOnGpu } from "./switch.js";

/** Layout of queries, keys and values side by side, and operations on queries and keys before attention. */
export interface QkvLayout {
  /** Heads of queries. */
  readonly heads: number;
  /** Heads of keys and of values, each for heads / kvHeads neighbours (Ainslie et al. 2023); `heads` unless given. */
  readonly kvHeads?: number;
  /** Norms of each head of the queries and of the keys: weights (hs). */
  readonly headNorms?: { readonly q: Tensor; readonly k: Tensor; readonly eps: number } | null;
  /** Rotation after the norms. */
  readonly rotation?: Rotation | null;
}

/** Queries, keys and values as attention takes them: (B, T, (nh + 2 nkv) hs) -> (B, nh, T, hs), (B, nkv, T, hs) twice. */
export function unpackQkv(qkv: Tensor, layout: QkvLayout, onGpu = unpacksOnGpu(qkv, layout)) {
  const { heads, kvHeads = heads, headNorms, rotation } = layout;
  const all = qkv.unflatten(-1, [heads + 2 * kvHeads, -1]); // (B, T, nh + 2 nkv, hs)
  const part = (from: number, count: number, weight?: Tensor) => {
    const raw = all.narrow(2, from, count);
    const normed = weight === undefined ? raw : rmsNorm(raw, weight, headNorms?.eps);
    return normed.transpose(1, 2);
  };
  const v = part(heads + kvHeads, kvHeads);
  if (onGpu) {
    const { cos, sin } = rotation ?? {};
    const { q: qWeight, k: kWeight, eps = 0 } = headNorms ?? {};
    const [q, k] = kernels.unpackToken(qkv, heads, kvHeads, cos, sin, qWeight, kWeight, eps);
    return { q, k, v };
  }
  const rotated = (x: Tensor) => (rotation ? rotate(x, rotation) : x);
  return { q: rotated(part(0, heads, headNorms?.q)), k: rotated(part(heads, kvHeads, headNorms?.k)), v };
}

/** For one token a sequence, each with a rotation of its own, norms and rotations are a kernel. */
function unpacksOnGpu(qkv: Tensor, { heads, kvHeads = heads, headNorms, rotation }: QkvLayout): boolean {
  const others = [rotation?.cos, rotation?.sin, headNorms?.q, headNorms?.k].filter((t) => t !== undefined);
  const size = qkv.size(-1) / (heads + 2 * kvHeads);
  const fits = size % 2 === 0 && size <= 256 && (rotation?.cos ?? qkv).numel % (size * qkv.size(0)) === 0;
  return others.length > 0 && qkv.size(1) === 1 && fits && !isGradEnabled() && fusableOnGpu([qkv, ...others]);
}

/** Heads of keys or values once for each head of queries that they serve: (B, nkv, T, hs) -> (B, nkv · groups, T, hs). */
export function repeatHeads(x: Tensor, groups: number): Tensor {
  if (groups === 1) return x;
  const [b, heads, t, size] = [x.size(0), x.size(1), x.size(2), x.size(3)];
  return x.unsqueeze(2).expand([b, heads, groups, t, size]).flatten(1, 2);
}

/** Reference of `causalAttention`, by plain operators. */
export function causalAttentionReference(qkv: Tensor, layout: QkvLayout, p: number): Tensor {
  const { q, k, v } = unpackQkv(qkv, layout);
  const groups = layout.heads / (layout.kvHeads ?? layout.heads);
  const [keys, values] = [repeatHeads(k, groups), repeatHeads(v, groups)];
  return scaledDotProductAttention(q, keys, values, { isCausal: true, dropout: p }).transpose(1, 2).flatten(2);
}

/**
 * Multi-head attention of each token to itself and those before it: queries, keys and values side by side, (B, T, (nh + 2
 * nkv) hs), -> (B, T, nh · hs). `dropout` is on the attention's weights. Nothing above the diagonal is computed, no (T, T)
 * is kept, nor are normed, turned or repeated queries and keys.
 */
export function causalAttention(qkv: Tensor, layout: QkvLayout, options: { dropout?: number } = {}): Tensor {
  const { dropout: p = 0 } = options;
  if (!fusable(qkv) && !attendsOnGpu(qkv, layout)) return causalAttentionReference(qkv, layout, p);
  const { heads, kvHeads = heads, headNorms, rotation } = layout;
  return kernels.causalAttention(
    qkv,
    heads,
    kvHeads,
    rotation?.cos,
    rotation?.sin,
    headNorms?.q,
    headNorms?.k,
    headNorms?.eps,
    p,
  );
}

/** cuDNN and flash attention take half types, and heads of a multiple of 8 numbers; larger ones not on every card. */
function attendsOnGpu(qkv: Tensor, { heads, kvHeads = heads, headNorms, rotation }: QkvLayout): boolean {
  const headSize = qkv.size(-1) / (heads + 2 * kvHeads);
  const others = [headNorms?.q, headNorms?.k, rotation?.cos, rotation?.sin].filter((t) => t !== undefined);
  return isAutocasting() && headSize % 8 === 0 && headSize <= 128 && fusableOnGpu(others, [qkv]);
}
