import { expect, test } from "vitest";
import { lengthLines, percent, shareOfLoss, STATISTICS_ROWS, statsLines } from "./tokenizer-stats.js";

test("what a manifest does not say is left out", () => {
  const contract = { coverage: 1, oov_rate: 0, token_count: 7, char_coverage: 0.99996 };
  expect(statsLines(undefined)).toEqual([]);
  expect(statsLines(contract)).toEqual(["coverage    100 % of tokens, 99.99 % of characters known"]);
});

test("what a tokenizer loses is told where it loses something", () => {
  const stats = { coverage: 1, oov_rate: 0, token_count: 7, char_coverage: 1 };
  const lost = { lost_share: 0.125, unknown_characters: 2, unknown_share: 0.000_01, line_breaks: false };
  expect(statsLines({ ...stats, ...lost })).toContain(
    "lost        12.50 % of the bytes do not come back, 2 characters (0.01 %) are unknown, line breaks within a text are lost",
  );
  expect(statsLines({ ...stats, lost_share: 0, unknown_characters: 0, line_breaks: true })).toHaveLength(1);
  expect([0, 0.5, 1].map(shareOfLoss)).toEqual(["0 %", "50.00 %", "100.00 %"]);
});

test("a table says whether line breaks are kept", () => {
  const statistics = {
    documents: 1,
    bytes: 4,
    characters: 4,
    words: 1,
    tokens: 2,
    coverage: 1,
    unknown: 0,
    oovRate: 0,
    charCoverage: 1,
    lostShare: 0,
    unknownCharacters: 0,
    unknownShare: 0,
    tokensPerWord: 2,
    charactersPerToken: 2,
    bytesPerToken: 2,
    vocabSize: 3,
    unusedTokens: 1,
    documentLengths: [],
    mostFrequent: [],
  };
  const shown = (lineBreaks: boolean) =>
    STATISTICS_ROWS.map(([name, show]) => `${name}: ${show({ ...statistics, lineBreaks })}`);
  expect(shown(true)).toContain("line breaks kept: yes");
  expect(shown(false)).toContain("line breaks kept: no");
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
