import { codePoints } from "@trainer/tokenizers";
import { codePoint } from "@trainer/testing/code-points";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { tokenTexts } from "./token-texts.js";

const encoded = (offsets: readonly number[]) => ({
  ids: new Int32Array(offsets.length / 2),
  offsets: Uint32Array.from(offsets),
});

test("each token has its part of the text and says where it begins, in characters", () => {
  expect(tokenTexts("🚢 at sea", encoded([0, 2, 2, 5, 5, 9]))).toEqual([
    { text: "🚢", offset: 0 },
    { text: " at", offset: 1 },
    { text: " sea", offset: 4 },
  ]);
});

test("of several tokens of one character the first has it; what no token was made of goes with the next, or the last", () => {
  expect(tokenTexts("é  bc ", encoded([0, 1, 0, 1, 3, 4, 4, 5])).map(({ text }) => text)).toEqual([
    "é",
    "",
    "  b",
    "c ",
  ]);
  expect(tokenTexts("", encoded([]))).toEqual([]);
  expect(tokenTexts("", encoded([0, 0]))).toEqual([{ text: "", offset: 0 }]);
});

test("together the tokens are the text, each at its place, whatever their offsets", () => {
  const text = fc.string({ unit: codePoint, minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(text, fc.array(fc.nat(), { minLength: 1, maxLength: 20 }), (text, ends) => {
      const characters = Array.from(text);
      const bounds = ends.map((end) => characters.slice(0, end % (characters.length + 1)).join("").length);
      const parts = tokenTexts(text, encoded(bounds.flatMap((end, i) => [Math.min(end, bounds[i - 1] ?? 0), end])));
      expect(parts.map((part) => part.text).join("")).toBe(text);
      for (const [i, { offset }] of parts.entries()) {
        const before = parts.slice(0, i).map((part) => part.text);
        expect(offset).toBe(codePoints(before.join("")));
      }
    }),
  );
});
