import { arange } from "../create.js";
import { scaledDotProductAttention } from "../functional.js";
import { scatterFrom_ } from "../ops.js";
import { isGradEnabled } from "../scope.js";
import type { Tensor } from "../tensor.js";
import { repeatHeads } from "./causal-attention.js";
import * as kernels from "./kernels.js";
import { fusable, fusableOnGpu } from "./switch.js";

/** Keys and values of tokens already seen, with places for more: (B, nkv, N, hs) each. */
export interface KeysAndValues {
  readonly keys: Tensor;
  readonly values: Tensor;
  /** Number of cached tokens of each. */
  readonly past: number;
}

/** Reference of `cachedAttention`, by plain operators. */
export function cachedAttentionReference(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  { keys, values, past }: KeysAndValues,
): Tensor {
  keys.narrow(2, past, 1).copy_(k);
  values.narrow(2, past, 1).copy_(v);
  const groups = q.size(1) / k.size(1);
  const seen = (all: Tensor) => repeatHeads(all.narrow(2, 0, past + 1), groups); // (B, nh, past + 1, hs)
  return scaledDotProductAttention(q, seen(keys), seen(values));
}

/**
 * Attention of one more token a sequence to itself and all before it: queries (B, nh, 1, hs), keys and values (B, nkv,
 * 1, hs), which are added to the cache at `past`, -> (B, nh, 1, hs). Each key serves nh / nkv neighbouring queries and
 * is read in place. A sequence is the same whatever others there are (on the CPU, in float32).
 */
export function cachedAttention(q: Tensor, k: Tensor, v: Tensor, cache: KeysAndValues): Tensor {
  const { keys, values, past } = cache;
  const recorded = isGradEnabled() && q.requiresGrad; // the kernel has no gradient
  if (recorded || !fusable(q, k, v, keys, values)) return cachedAttentionReference(q, k, v, cache);
  return kernels.cachedAttention(q, k, v, keys, values, past);
}

/** Keys and values as `KeysAndValues` has them, of sequences that differ in length. */
export interface RaggedKeysAndValues {
  readonly keys: Tensor;
  readonly values: Tensor;
  /** Number of cached tokens of each sequence: (B) int64, less than N. */
  readonly lengths: Tensor;
}

/** Reference of `raggedAttention`, by plain operators that read nothing back from the device. */
export function raggedAttentionReference(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  { keys, values, lengths }: RaggedKeysAndValues,
): Tensor {
  const rows = lengths.view([-1, 1, 1, 1]);
  const place = rows.expand(k.shape);
  scatterFrom_(keys, 2, place, k);
  scatterFrom_(values, 2, place, v);
  const groups = q.size(1) / k.size(1);
  const mask = arange(keys.size(2), { device: keys.device }).le(rows); // (B, 1, 1, N)
  return scaledDotProductAttention(q, repeatHeads(keys, groups), repeatHeads(values, groups), { mask });
}

/**
 * `cachedAttention` of sequences of different lengths: each sequence's keys and values (B, nkv, 1, hs) are added at its
 * own length, and its queries (B, nh, 1, hs) look at its own past, -> (B, nh, 1, hs). A sequence comes out as it does
 * alone (on the CPU, in float32, to the bit). It has no gradient.
 */
export function raggedAttention(q: Tensor, k: Tensor, v: Tensor, cache: RaggedKeysAndValues): Tensor {
  const { keys, values, lengths } = cache;
  if (!fusable(q, k, v, keys, values) && !attendsOnGpu(q, k, v, cache)) return raggedAttentionReference(q, k, v, cache);
  return kernels.raggedAttention(q, k, v, keys, values, lengths);
}

/** The kernel's threads take four numbers of a head at once, and have the queries of a key in registers. */
function attendsOnGpu(q: Tensor, k: Tensor, v: Tensor, { keys, values }: RaggedKeysAndValues): boolean {
  const [size, groups] = [q.size(3), q.size(1) / k.size(1)];
  return size % 4 === 0 && size <= 256 && groups <= 8 && fusableOnGpu([q, k, v, keys, values]);
}
