import * as fc from "fast-check";
import { expect, test } from "vitest";
import { skipSpace, trimSpace } from "./whitespace.js";

// Python's str.isspace, over all code points
const SPACES = [9, 10, 11, 12, 13, 28, 29, 30, 31, 32, 0x85, 0xa0, 0x1680, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000]
  .concat(Array.from({ length: 11 }, (_, i) => 0x2000 + i))
  .map((code) => String.fromCodePoint(code));

const strip = (text: string) => {
  const bytes = Buffer.from(text);
  const end = trimSpace(bytes, 0, bytes.length);
  return bytes.subarray(skipSpace(bytes, 0, end), end).toString();
};

test("a text is stripped of the whitespace that Python's strip knows, and of nothing else", () => {
  const space = fc.array(fc.constantFrom(...SPACES)).map((s) => s.join(""));
  const inner = fc.string({ unit: "grapheme" }).map((s) => `x${s}y`);
  fc.assert(
    fc.property(space, inner, space, (a, text, b) => {
      expect(strip(a + text + b)).toBe(text);
    }),
  );
  for (let code = 0; code < 0x3100; code++) {
    const character = String.fromCodePoint(code);
    expect(strip(character) === "", `U+${code.toString(16)}`).toBe(SPACES.includes(character));
  }
  expect(strip("\uFEFFa\u200B")).toBe("\uFEFFa\u200B");
});

test("nothing outside of the given bytes is looked at", () => {
  const bytes = Buffer.from("\u3000");
  expect(trimSpace(bytes, 1, 3)).toBe(3);
  expect(trimSpace(Buffer.from("\u00a0"), 1, 2)).toBe(2);
  expect(skipSpace(bytes, 0, 2)).toBe(0);
  expect(skipSpace(Buffer.from("\u00a0"), 0, 1)).toBe(0);
});
