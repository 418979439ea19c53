import { at } from "@trainer/disk";
import { MASK } from "./mask.js";

/** A conversation in ids, with what its mask says of each. */
export interface MaskedIds {
  readonly ids: readonly number[];
  readonly mask: readonly number[];
}

/** The ids of a sequence, whole conversations one after another. */
export type Row = MaskedIds;

interface OpenRow {
  readonly ids: number[];
  readonly mask: number[];
}

/** Rows that wait for what fits into them. */
const OPEN = 64;

/**
 * Packs conversations into sequences of a length, each whole in one: into the fullest of the open ones that has room for
 * it, else a new one begins, and where too many are open the fullest leaves. All but the last are padded.
 */
export class ConversationPacker {
  #open: OpenRow[] = [];

  constructor(
    private readonly length: number,
    private readonly padId: number,
    private readonly most = OPEN,
  ) {}

  /** Takes a conversation of no more than the length, and gives the row that leaves for it. */
  add({ ids, mask }: MaskedIds): Row | null {
    const fitting = this.#open.filter((row) => row.ids.length + ids.length <= this.length);
    const left = fitting.length === 0 && this.#open.length === this.most ? this.#leave() : null;
    const [room = this.#begin()] = fullestFirst(fitting);
    for (const id of ids) room.ids.push(id);
    for (const flag of mask) room.mask.push(flag);
    return left;
  }

  /** The rows that are left. */
  *end(): Generator<Row, void, undefined> {
    while (this.#open.length > 1) yield this.#leave();
    yield* this.#open.splice(0);
  }

  #begin(): OpenRow {
    const row = { ids: [], mask: [] };
    this.#open.push(row);
    return row;
  }

  #leave(): Row {
    const row = at(fullestFirst(this.#open), 0);
    this.#open = this.#open.filter((other) => other !== row);
    return padded(row, this.length, this.padId);
  }
}

/** A row of a length. */
export function padded({ ids, mask }: MaskedIds, length: number, padId: number): Row {
  const padding = length - ids.length;
  return {
    ids: [...ids, ...Array.from({ length: padding }, () => padId)],
    mask: [...mask, ...Array.from({ length: padding }, () => MASK.padding)],
  };
}

const fullestFirst = (rows: readonly OpenRow[]): OpenRow[] => rows.toSorted((a, b) => b.ids.length - a.ids.length);
