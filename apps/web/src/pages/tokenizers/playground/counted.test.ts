import { expect, test } from "vitest";
import { countedOf, longest, mostFrequent } from "./counted.js";
import type { Encoded } from "./pieces.js";

const encoded = (text: string, ...tokens: readonly [id: number, start: number, end: number][]): Encoded => ({
  tokenizer_id: "t",
  request_id: "q",
  status: "completed",
  text,
  ids: tokens.map(([id]) => id),
  tokens: tokens.map(([id]) => `<${id}>`),
  starts: tokens.map(([, start]) => start),
  ends: tokens.map(([, , end]) => end),
  byte_starts: null,
  byte_ends: null,
  bytes: null,
  characters: null,
  token_count: tokens.length,
  bytes_per_token: null,
  unknown_tokens: null,
  unknown_characters: null,
});

test("tokens are counted in the order of the text; a further part of a character is spelled", () => {
  const counted = countedOf(encoded("abc🙂c", [5, 0, 2], [7, 2, 3], [8, 3, 5], [9, 3, 5], [7, 5, 6], [3, 6, 6]));
  expect(counted).toEqual([
    { id: 5, text: "ab", times: 1 },
    { id: 7, text: "c", times: 2 },
    { id: 8, text: "🙂", times: 1 },
    { id: 9, text: "<9>", times: 1 },
    { id: 3, text: "<3>", times: 1 },
  ]);
});

test("the most frequent and the longest come first, and of equals the first of the text", () => {
  const counted = countedOf(encoded("🙂abbbcccc", [1, 0, 2], [2, 2, 3], [3, 3, 4], [3, 4, 5], [4, 5, 6], [5, 6, 10]));
  expect(mostFrequent(counted, 3).map(({ id }) => id)).toEqual([3, 1, 2]);
  expect(longest(counted, 2).map(({ id }) => id)).toEqual([5, 1]); // one character, though two code units
});
