import type { Params, Rotation, Tensor } from "@trainer/torch";
import type { Pass } from "./attention.js";
import type { Forward } from "./family.js";
import { KvCache } from "./kv-cache.js";
import { rotary, tableOf } from "./rope.js";
import type { Rope } from "./rope-config.js";

/** A pass of a model with rotary positions. */
export interface RotaryPass extends Pass {
  readonly rotation: Rotation;
}

/** Positions of a model whose heads are turned by them. */
export function rotaryPositions(params: Params, rope: Rope, headDim: number, maxPositions: number) {
  const rotation = rotary(rope, headDim, maxPositions);
  const table = (capacity: number): Rotation => tableOf(rotation, capacity, maxPositions, params);
  return {
    /**
     * The pass of the next `t` tokens. It depends on distances alone: positions need not restart with each document, unless
     * texts branch.
     */
    pass(ctx: Forward, t: number): RotaryPass {
      const cache = KvCache.of(ctx.cache);
      const turned =
        (cache && rotationOfEach(cache)) ??
        ofBranches(ctx, () => table(t)) ??
        rotation(cache?.length ?? 0, t, params, { lasting: ctx.training });
      return { ...ctx, cache, rotation: turned };
    },
    /** For caches of sequences that differ in length. */
    table,
    /** For pages; null where the rotation of a text depends on how much of it a pass reads. */
    pageTable: rope.scaling.rope_type === "dynamic" ? null : table,
  };
}

/** The rotation of each token of texts that branch, (B, 1, T, hs), by those of all positions, (T, hs). */
function ofBranches({ documents }: Forward, table: () => Rotation): Rotation | null {
  if (documents?.isTree !== true) return null;
  const { positions } = documents;
  const { cos, sin } = table();
  const rows = (of: Tensor) =>
    of.indexSelect(0, positions.flatten()).view([positions.size(0), 1, positions.size(1), -1]);
  return { cos: rows(cos), sin: rows(sin) };
}

/** The rotation at the length of each of a cache's sequences, (B, 1, 1, hs), where they may differ. */
function rotationOfEach({ lengths, rotation }: KvCache): Rotation | null {
  if (lengths === null || rotation === null) return null;
  const rows = (table: Tensor) => table.indexSelect(0, lengths).unsqueeze(1).unsqueeze(1);
  return { cos: rows(rotation.cos), sin: rows(rotation.sin) };
}
