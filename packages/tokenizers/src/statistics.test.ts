import { expect, test } from "vitest";
import { BpeTokenizer } from "./bpe.js";
import { longestTokens, tokenizerStatistics } from "./statistics.js";
import { specialsOf } from "./specials.js";
import { trainBpe } from "./train-bpe.js";
import { trainChar } from "./train-char.js";

const TEXTS = ["the cat sat on the mat", "the dog", "", "naïve 𐐷 the"];

test("what a tokenizer makes of a sample is counted by document, word, character and byte", async () => {
  const tokenizer = await trainBpe({ texts: ["the the the cat"], vocabSize: 266, minFrequency: 1 });
  const statistics = await tokenizerStatistics(tokenizer, TEXTS, { mostFrequent: 2 });
  const ids = TEXTS.map((text) => [...tokenizer.encode(text)]);
  const tokens = ids.flat().length;
  expect(statistics).toMatchObject({
    documents: 4,
    bytes: TEXTS.reduce((sum, text) => sum + Buffer.byteLength(text), 0),
    characters: 22 + 7 + 0 + 11,
    words: 6 + 2 + 0 + 3,
    tokens,
    unknown: 0,
    oovRate: 0,
    coverage: 1,
    charCoverage: 1,
    tokensPerWord: tokens / 11,
    charactersPerToken: 40 / tokens,
    vocabSize: tokenizer.vocabSize,
    unusedTokens: tokenizer.vocabSize - 4 - new Set(ids.flat()).size,
  });
  const uses = (id: number) => ids.flat().filter((each) => each === id).length;
  const most = Math.max(...ids.flat().map(uses));
  expect(statistics.mostFrequent.map(({ id, count }) => [uses(id), tokenizer.decode([id]), count])).toEqual(
    statistics.mostFrequent.map(({ text, count }) => [count, text, count]),
  );
  expect(statistics.mostFrequent.map(({ count }) => count)[0]).toBe(most);
  expect(statistics.mostFrequent).toHaveLength(2);
  const counts = ids.map((each) => each.length);
  for (const [i, { upTo, count }] of statistics.documentLengths.entries()) {
    const least = i === 0 ? -1 : upTo / 2;
    expect(counts.filter((length) => length > least && length <= upTo)).toHaveLength(count);
  }
});

test("unknown tokens, and characters that have no token, lower the coverage", async () => {
  const vocab = { "[UNK]": 0, a: 1, b: 2 };
  const definition = {
    vocab,
    merges: new Uint32Array(),
    pattern: "gpt2",
    nfc: false,
    ignoreMerges: false,
    fuseUnknown: false,
    unknown: 0,
    added: [],
  } as const;
  const tokenizer = new BpeTokenizer(definition, () => "", specialsOf(Object.keys(vocab)));
  expect(await tokenizerStatistics(tokenizer, ["aabx"])).toMatchObject({
    tokens: 4,
    unknown: 1,
    oovRate: 0.25,
    coverage: 0.75,
    charCoverage: 2 / 3,
  });
  expect(await tokenizerStatistics(tokenizer, ["aabx", "ab", "中文x"])).toMatchObject({
    bytes: 13,
    characters: 9,
    unknown: 8, // a token for each byte
    lostShare: 8 / 13,
    unknownCharacters: 4,
    unknownShare: 4 / 9,
    bytesPerToken: 1,
    lineBreaks: false,
  });
});

test("of tokens that are as frequent or as long as each other, the one of the lower id comes first", async () => {
  const tokenizer = await trainBpe({ texts: ["a b"], vocabSize: 260, specials: [] });
  const [a, b, c] = ["a", "b", "c"].map((text) => tokenizer.encode(text)[0]);
  const { mostFrequent, lineBreaks } = await tokenizerStatistics(tokenizer, ["cba", "c"]);
  expect(mostFrequent.map(({ id, count }) => [id, count])).toEqual([
    [c, 2],
    [a, 1],
    [b, 1],
  ]);
  expect(lineBreaks).toBe(true);
  expect(
    longestTokens(tokenizer, 300)
      .map(({ id }) => id)
      .slice(-200),
  ).toEqual(
    longestTokens(tokenizer, 300)
      .map(({ id }) => id)
      .slice(-200)
      .toSorted((x, y) => x - y),
  );
});

test("a byte order mark in a sample is a character of it", async () => {
  const tokenizer = await trainBpe({ texts: ["a b"], vocabSize: 260, specials: [] });
  expect(await tokenizerStatistics(tokenizer, ["\ufeffa"])).toMatchObject({ characters: 2, bytes: 4, lostShare: 0 });
});

test("documents are counted by their number of tokens, from none on", async () => {
  const tokenizer = await trainBpe({ texts: ["a b"], vocabSize: 256, specials: [] });
  const { documentLengths } = await tokenizerStatistics(tokenizer, ["", "a", "abcd", "abcde"]);
  expect(documentLengths).toEqual([
    { upTo: 1, count: 2 },
    { upTo: 2, count: 0 },
    { upTo: 4, count: 1 },
    { upTo: 8, count: 1 },
  ]);
});

test("an empty sample has the rates of a perfect tokenizer", async () => {
  const tokenizer = await trainBpe({ texts: ["a b"], vocabSize: 260, specials: [] });
  expect(await tokenizerStatistics(tokenizer, [])).toMatchObject({
    documents: 0,
    tokens: 0,
    coverage: 1,
    oovRate: 0,
    charCoverage: 1,
    tokensPerWord: 0,
    bytesPerToken: 0,
    documentLengths: [],
    mostFrequent: [],
  });
});

test("counting stops when it is told to", async () => {
  const tokenizer = await trainBpe({ texts: ["a b"], vocabSize: 260 });
  await expect(tokenizerStatistics(tokenizer, ["a"], { signal: AbortSignal.abort() })).rejects.toThrow("aborted");
});

test("the longest tokens come first, special ones are left out", async () => {
  const tokenizer = await trainBpe({ texts: ["hello hello hello you you"], vocabSize: 280, minFrequency: 1 });
  const [first, second] = longestTokens(tokenizer, 2);
  expect([first?.text, second?.text]).toEqual([" hello", "hello"]);
  expect(longestTokens(tokenizer, 2)).toHaveLength(2);
  expect(longestTokens(tokenizer, 1000)).toHaveLength(tokenizer.vocabSize - 4);
});

test("tokens that are as frequent as each other, or as long, come in the order of their ids", async () => {
  const tokenizer = await trainChar({ texts: ["abc"] });
  const { mostFrequent } = await tokenizerStatistics(tokenizer, ["cba", "c"]);
  expect(mostFrequent.map(({ text, count }) => [text, count])).toEqual([
    ["c", 2],
    ["a", 1],
    ["b", 1],
  ]);
  expect(longestTokens(tokenizer, 3).map(({ text }) => text)).toEqual(["a", "b", "c"]);
});
