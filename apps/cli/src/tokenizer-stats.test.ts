import { expect, test } from "vitest";
import { lengthLines, percent, statsLines } from "./tokenizer-stats.js";

test("what a manifest does not say is left out", () => {
  const contract = { coverage: 1, oov_rate: 0, token_count: 7, char_coverage: 0.99996 };
  expect(statsLines(undefined)).toEqual([]);
  expect(statsLines(contract)).toEqual(["coverage    100 % of tokens, 99.99 % of characters known"]);
});

test("only all is a hundred per cent", () => {
  expect([1, 0.99999, 0.5, 0].map(percent)).toEqual(["100 %", "99.99 %", "50.00 %", "0.00 %"]);
});

test("lines are counted by their tokens", () => {
  const empty = { documents: 0, documentLengths: [] };
  expect(lengthLines(empty, false)).toEqual([]);
  const two = {
    documents: 4,
    documentLengths: [
      { upTo: 1, count: 1 },
      { upTo: 2, count: 3 },
    ],
  };
  expect(lengthLines(two, false)).toEqual([
    "  up to 1 tokens  ########----------------  1 (25.00 %)",
    "  up to 2 tokens  ########################  3 (75.00 %)",
  ]);
});
