export const SPLITS = ["train", "validation", "test"] as const;
export type Split = (typeof SPLITS)[number];

/** The split of that number in `SPLITS`. */
export const splitOf = (side: number | undefined): Split => (side === 1 ? "validation" : side === 2 ? "test" : "train");

/** Parts of the whole that validation and test are to have. */
export interface Fractions {
  readonly validation: number;
  readonly test: number;
}

export interface Pieces {
  /** Size in bytes; 0: there is no such piece. */
  readonly sizes: Float64Array;
  /** The order in which they are drawn, a permutation of their numbers. */
  readonly order: (place: number) => number;
  /** True if a piece may be copies of one text. */
  readonly copies?: (piece: number) => boolean;
  /** Split of a piece that another text decided, as its number in `SPLITS` + 1; 0: none did. */
  readonly decided?: Uint8Array | undefined;
}

/**
 * The split of each piece, as its number in `SPLITS`. A split takes pieces in their order as long as that brings it
 * nearer to its part of all bytes. Small ones are preferred, so that none is most of a split: up to a quarter of the
 * requested part, where those do not suffice up to a half, at last any that is less than twice as much; copies of one
 * text never more than a half. What is decided stays, and counts. Training keeps at least half of what could be held out, unless more was requested. With
 * `atLeastOne` a split that would be empty takes the smallest piece left, if there is one.
 */
export function holdOut(pieces: Pieces, fractions: Fractions, atLeastOne: boolean): Uint8Array {
  const { sizes, order, copies = () => false, decided } = pieces;
  const { test, validation } = fractions;
  const sides = new Uint8Array(sizes.length);
  const sizeOf = (i: number) => Number(sizes[i]);
  const drawn: number[] = [];
  const given = { train: 0, validation: 0, test: 0 };
  let total = 0;
  for (let place = 0; place < sizes.length; place += 1) {
    const i = order(place);
    total += sizeOf(i);
    const side = (decided?.[i] ?? 0) - 1;
    if (side >= 0) {
      sides[i] = side;
      given[splitOf(side)] += sizeOf(i);
    } else if (sizeOf(i) > 0) drawn.push(i);
  }
  const most = Math.max(0.5, test + validation) / (test + validation);
  let left = drawn.length;

  const hold = (split: Split, fraction: number, leave: number) => {
    const wanted = Math.max(0, fraction * total - given[split]);
    let held: number[] = [];
    for (const largest of wanted === 0 ? [] : [wanted / 4, wanted / 2, 2 * wanted]) {
      const suiting = drawn.filter((i) => sizeOf(i) <= largest && (sizeOf(i) <= wanted / 2 || !copies(i)));
      const target = Math.min(wanted, most * fraction * suiting.reduce((sum, i) => sum + sizeOf(i), 0));
      held = [];
      let missing = target;
      for (const i of suiting) {
        if (left - held.length <= leave) break;
        if (sides[i] !== 0 || sizeOf(i) >= 2 * missing) continue;
        held.push(i);
        missing -= sizeOf(i);
      }
      if (wanted - target + missing <= wanted / 8) break;
    }
    if (held.length === 0 && fraction > 0 && given[split] === 0 && atLeastOne) {
      const rest = drawn.filter((i) => sides[i] === 0);
      held = rest.toSorted((a, b) => sizeOf(a) - sizeOf(b)).slice(0, 1);
    }
    for (const i of held) sides[i] = SPLITS.indexOf(split);
    left -= held.length;
  };
  hold("test", test, validation > 0 ? 2 : 1);
  hold("validation", validation, 1);
  return sides;
}

/** Bytes of each split. */
export function heldBytes(sizes: Float64Array, sides: Uint8Array): Record<Split, number> {
  const bytes = { train: 0, validation: 0, test: 0 };
  for (let i = 0; i < sizes.length; i += 1) bytes[splitOf(sides[i])] += Number(sizes[i]);
  return bytes;
}
