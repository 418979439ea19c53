import { ScoreResponse } from "@trainer/platform/browser";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { scoredOf, type Unit } from "./score-units.js";

const scored = (fields: object) => scoredOf(ScoreResponse.parse({ status: "completed", request_id: "q", ...fields }));

/** A score of these tokens, of which each has its place as its bits. */
function scoreOf(tokens: readonly string[], around: { begin_tokens?: string[]; end_tokens?: string[] } = {}) {
  let offset = 0;
  const offsets = tokens.map((token) => {
    const own = offset;
    offset += Array.from(token).length;
    return own;
  });
  return scored({ tokens, offsets, surprisal: tokens.slice(1).map((_, i) => i + 1), ...around });
}

const brief = (units: readonly Unit[]) => units.map(({ text, bits }) => [text, bits]);

test("a token has the surprisal and the alternatives that were foreseen before it", () => {
  const { units, bits } = scored({
    tokens: ["To", " be"],
    offsets: [0, 2],
    surprisal: [3.5],
    topk: [[[" be", 0.4]], [["!", 0.1]]],
  });
  expect(units.token).toEqual([
    { text: "To", name: null, offset: 0, bits: null, expected: [] },
    { text: " be", name: null, offset: 2, bits: 3.5, expected: [[" be", 0.4]] },
  ]);
  expect(bits).toBe(3.5);
});

test("a word is what the reader's language has as one, with the space before it", () => {
  expect(brief(scoreOf(["To", " b", "e", ", it's"]).units.word)).toEqual([
    ["To", null],
    [" be", 3],
    [",", 3 / 6],
    [" it's", (3 * 5) / 6],
  ]);
  expect(brief(scoreOf(["a ", "\n", " b "]).units.word)).toEqual([
    ["a", null],
    [" \n", 1],
    [" b", (2 * 2) / 3],
    [" ", 2 / 3],
  ]);
});

test("the bits of a token are shared by its characters, and tokens of one character are added", () => {
  expect(brief(scoreOf(["x", "ab", "☃", "", "", "😀"]).units.character)).toEqual([
    ["x", null],
    ["a", 0.5],
    ["b", 0.5],
    ["☃", 2 + 3 + 4],
    ["😀", 5],
  ]);
  expect(brief(scoreOf(["☃", "", "a"]).units.character)).toEqual([
    ["☃", 1],
    ["a", 2],
  ]);
});

test("tokens around a text have names, and no part in its characters", () => {
  const { units, bits } = scoreOf(["", "a", ""], { begin_tokens: ["<s>"], end_tokens: ["</s>"] });
  expect(units.token.map(({ name, bits }) => [name, bits])).toEqual([
    ["<s>", null],
    [null, 1],
    ["</s>", 2],
  ]);
  expect(brief(units.character)).toEqual([["a", 1]]);
  expect(bits).toBe(3);
});

test("lines have their sums", () => {
  const { lines } = scoreOf(["a", "b\r\n", "\n", "c"]);
  expect(lines).toEqual([
    { number: 1, text: "ab", characters: 4, bits: 1 },
    { number: 2, text: "", characters: 1, bits: 2 },
    { number: 3, text: "c", characters: 1, bits: 3 },
  ]);
  expect(scoreOf(["a\n"]).lines).toHaveLength(1);
});

test("a score without parts has none", () => {
  expect(scored({ loss: 1 })).toEqual({ units: { token: [], word: [], character: [] }, lines: [], bits: 0 });
});

test("what was left out of an answer is not made up", () => {
  expect(scored({ tokens: ["", "a", "b"] }).units.character).toMatchObject([{ bits: null }, { bits: null }]);
});

test("words, characters and lines have the text and the bits of the tokens, whatever these are", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "binary" }), { minLength: 1 }), (rest) => {
      const tokens = ["^", ...rest];
      const { units, lines, bits } = scoreOf(tokens);
      for (const parts of [units.word, units.character]) {
        expect(parts.map(({ text }) => text).join("")).toBe(tokens.join(""));
        expect(parts.reduce((sum, part) => sum + (part.bits ?? 0), 0)).toBeCloseTo(bits, 6);
        expect(parts.map(({ offset }) => offset)).toEqual(parts.map(({ offset }) => offset).toSorted((a, b) => a - b));
      }
      expect(lines.reduce((sum, line) => sum + line.bits, 0)).toBeCloseTo(bits, 6);
    }),
  );
});
