import { codePoint } from "@trainer/testing/code-points";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { perCharacter } from "./per-character.js";

/** A text encoded as these parts of it, given by their ends. */
const encoded = (offsets: readonly number[]) => ({
  ids: Int32Array.from({ length: offsets.length / 2 }, (_, i) => i),
  offsets: Uint32Array.from(offsets),
});

test("a token's bits are shared by its characters, and nothing foresees those of the first token", () => {
  expect(perCharacter("abcd", encoded([0, 1, 1, 3, 3, 4]), [null, 3, 0.5])).toEqual([
    { character: "a", bits: null },
    { character: "b", bits: 1.5 },
    { character: "c", bits: 1.5 },
    { character: "d", bits: 0.5 },
  ]);
});

test("a first token that something stands before has bits", () => {
  expect(perCharacter("ab", encoded([0, 2]), [3])).toEqual([
    { character: "a", bits: 1.5 },
    { character: "b", bits: 1.5 },
  ]);
  expect(perCharacter("", encoded([]), [])).toEqual([]);
});

test("tokens of one character add up, also where the first token is one of them", () => {
  const ship = encoded([0, 2, 0, 2, 0, 2, 2, 3]);
  expect(perCharacter("🚢!", ship, [null, 1, 2, 4])).toEqual([
    { character: "🚢", bits: 3 },
    { character: "!", bits: 4 },
  ]);
});

test("what a tokenizer passes over has no bits, and a token of nothing gives its bits to where it stands", () => {
  expect(perCharacter("a  b", encoded([0, 1, 3, 4, 4, 4]), [null, 2, 1])).toEqual([
    { character: "a", bits: null },
    { character: " ", bits: 0 },
    { character: " ", bits: 0 },
    { character: "b", bits: 3 },
  ]);
});

test("the characters are those of the text, and their bits sum to those of the tokens", () => {
  const text = fc.string({ unit: codePoint, minLength: 1, maxLength: 30 });
  const token = fc.tuple(fc.nat(), fc.nat(), fc.double({ min: 0, max: 20, noNaN: true }));
  fc.assert(
    fc.property(text, fc.array(token, { minLength: 1, maxLength: 20 }), (text, tokens) => {
      const offsets = tokens.flatMap(([a, b]) => [a % (text.length + 1), b % (text.length + 1)].sort((x, y) => x - y));
      const bits = tokens.slice(1).map(([, , b]) => b);
      const scored = perCharacter(text, encoded(offsets), [null, ...bits]);
      expect(scored.map(({ character }) => character).join("")).toBe(text);
      const sum = scored.reduce((total, { bits }) => total + (bits ?? 0), 0);
      expect(sum).toBeCloseTo(
        bits.reduce((a, b) => a + b, 0),
        6,
      );
    }),
  );
});
