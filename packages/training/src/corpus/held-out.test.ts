import { expect, test } from "vitest";
import { heldBytes, holdOut, splitOf, type Fractions } from "./held-out.js";

interface How extends Partial<Fractions> {
  readonly copies?: readonly number[];
  readonly atLeastOne?: boolean;
  readonly reversed?: boolean;
}

/** Pieces of these sizes as held out, in words of one letter: "t" for test, "v" for validation, "." for training. */
function held(sizes: readonly number[], { test = 0, validation = 0, copies, atLeastOne = false, reversed }: How) {
  const pieces = {
    sizes: Float64Array.from(sizes),
    order: (place: number) => (reversed === true ? sizes.length - 1 - place : place),
    ...(copies === undefined ? {} : { copies: (piece: number) => copies.includes(piece) }),
  };
  const sides = holdOut(pieces, { test, validation }, atLeastOne);
  return Array.from(sides, (side) => ({ train: ".", validation: "v", test: "t" })[splitOf(side)]).join("");
}

const ones = (count: number) => Array.from({ length: count }, () => 1);

test("pieces are held out in their order, for the test first, until each split has its part", () => {
  expect(held(ones(20), { test: 0.1, validation: 0.2 })).toBe("ttvvvv..............");
  expect(held(ones(20), { test: 0.1, validation: 0.2, reversed: true })).toBe("..............vvvvtt");
  expect(held(ones(20), { validation: 0.1 })).toBe("vv..................");
  expect(held(ones(20), { test: 0.1, validation: 0.2, atLeastOne: true })).toBe("ttvvvv..............");
  expect(held(ones(20), { test: 0.1 })).toBe("tt..................");
});

test("a piece is taken where that brings a split nearer to its part, and passed over where it does not", () => {
  expect(held([4, 4, 4, ...ones(88)], { test: 0.1 })).toMatch(/^\.\.\.t{10}\.+$/); // none is most of a split
  expect(held([...Array.from({ length: 10 }, () => 4), 60], { test: 0.1 })).toBe("tt.........");
});

test("of pieces that are large for a split it has those of up to a quarter, else a half, else any that is less than twice as much", () => {
  expect(held([8, ...ones(92)], { test: 0.1 })).toMatch(/^\.t{10}\.+$/);
  expect(held([9, 5, 5, 5, 5, 71], { test: 0.1 })).toBe(".tt...");
  expect(held([9, 9, 82], { test: 0.1 })).toBe("t..");
  expect(held([21, 21, 58], { test: 0.1 })).toBe("...");
  expect(held([9, 4, 4, 4, 4, 4, 4, 67], { test: 0.1 })).toBe("t......."); // two fours would lack a fifth of it
  expect(held([3, 1, 2, 2, 2, 2, 2, 2, 2, 2, 60], { test: 0.1 })).toBe(".tttt......"); // an eighth may be lacking
});

test("copies of one text are at most half of a split", () => {
  expect(held([9, 9, 9, 73], { test: 0.1, copies: [0] })).toBe(".t..");
  expect(held([9, 9, 82], { test: 0.1, copies: [0, 1] })).toBe("...");
  expect(held([4, 4, 4, 4, 84], { test: 0.1, copies: [0, 1] })).toBe("tt...");
  expect(held([5, 5, 5, 85], { test: 0.1, copies: [0] })).toBe("t...");
});

test("training keeps half of what could be held out, or the part that it was to have", () => {
  expect(held([...ones(10), 90], { test: 0.1, validation: 0.1 })).toBe("ttvv.......");
  expect(held([...ones(10), 90], { test: 0.3, validation: 0.3 })).toBe("tttvvv.....");
});

test("each split that is asked for has a piece where there must be one: the smallest left, and training the last", () => {
  const small = { test: 0.01, validation: 0.01 };
  expect(held([50, 30, 20], { ...small, atLeastOne: true })).toBe(".vt");
  expect(held([50, 30, 30], { ...small, atLeastOne: true })).toBe(".tv");
  expect(held([0, 50, 30, 0, 20], { ...small, atLeastOne: true })).toBe("..v.t"); // of no bytes is no piece
  expect(held([50, 30, 20], { test: 0.01, atLeastOne: true })).toBe("..t");
  expect(held([50, 30, 20], small)).toBe("...");
  expect(held(ones(4), { test: 0.5, validation: 0.45 })).toBe("ttv.");
  expect(held(ones(3), { test: 0.9, validation: 0.05, atLeastOne: true })).toBe("tv.");
  expect(held(ones(3), { test: 0.9 })).toBe("tt.");
  expect(held(ones(3), { validation: 0.9 })).toBe("vv.");
});

test("the bytes of each split are those of its pieces", () => {
  const sizes = Float64Array.of(5, 7, 11, 13);
  expect(heldBytes(sizes, Uint8Array.of(0, 1, 2, 0))).toEqual({ train: 18, validation: 7, test: 11 });
});

test("what another text has decided stays and counts, and the rest is drawn to it", () => {
  const decided = (sizes: readonly number[], said: string, fractions: Fractions) => {
    const sides = Uint8Array.from(said, (letter) => " .vt".indexOf(letter));
    const pieces = { sizes: Float64Array.from(sizes), order: (place: number) => place, decided: sides };
    return Array.from(
      holdOut(pieces, fractions, true),
      (side) => ({ train: ".", validation: "v", test: "t" })[splitOf(side)],
    ).join("");
  };
  const tenths = { test: 0.1, validation: 0.1 };
  expect(decided(ones(20), "..            t     ", tenths)).toBe("..tvv.........t.....");
  expect(decided(ones(20), "          ttt vv    ", tenths)).toBe("..........ttt.vv....");
  expect(decided(ones(4), "tv..", tenths)).toBe("tv..");
  expect(decided(ones(4), "....", tenths)).toBe("...."); // nothing is left to hold out
  expect(decided(ones(4), "... ", tenths)).toBe("...t");
});
