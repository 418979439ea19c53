import { EncodeResponse } from "@trainer/platform/browser";
import { expect, test } from "vitest";
import { piecesOf, tokensOf } from "./pieces.js";

const encoded = (text: string, columns: object) => ({
  ...EncodeResponse.parse({ tokenizer_id: "t", request_id: "q", status: "completed", ...columns }),
  text,
});
/** Each piece's text, and its tokens' ids. */
const cut = (text: string, ids: number[], places: readonly (readonly [number, number])[], most = 9) => {
  const starts = places.map(([start]) => start);
  const tokens = tokensOf(encoded(text, { ids, starts, ends: places.map(([, end]) => end) }), most);
  return piecesOf(text, tokens, most >= ids.length).map((piece) => [piece.text, piece.tokens.map(({ id }) => id)]);
};

test("parts of one character are one piece, what no token was made of is one without tokens", () => {
  expect(
    cut(
      "a👑b",
      [1, 2, 3, 4],
      [
        [0, 1],
        [1, 3],
        [1, 3],
        [3, 4],
      ],
    ),
  ).toEqual([
    ["a", [1]],
    ["👑", [2, 3]],
    ["b", [4]],
  ]);
  expect(
    cut(
      " a  b ",
      [1, 2],
      [
        [1, 2],
        [4, 5],
      ],
    ),
  ).toEqual([
    [" ", []],
    ["a", [1]],
    ["  ", []],
    ["b", [2]],
    [" ", []],
  ]);
  expect(
    cut(
      "ab",
      [5, 6],
      [
        [0, 0],
        [0, 2],
      ],
    ),
  ).toEqual([
    ["", [5]],
    ["ab", [6]],
  ]);
});

test("tokens that overlap in part cover together what they cover", () => {
  expect(
    cut(
      "abc",
      [1, 2],
      [
        [0, 2],
        [1, 3],
      ],
    ),
  ).toEqual([["abc", [1, 2]]]);
  expect(
    cut(
      "abc",
      [1, 2, 3],
      [
        [0, 3],
        [1, 2],
        [3, 3],
      ],
    ),
  ).toEqual([
    ["abc", [1, 2]],
    ["", [3]],
  ]);
});

test("of a text that goes on the rest is left out", () => {
  expect(
    cut(
      "abc",
      [1, 2, 3],
      [
        [0, 1],
        [1, 2],
        [2, 3],
      ],
      2,
    ),
  ).toEqual([
    ["a", [1]],
    ["b", [2]],
  ]);
});

test("what an answer does not tell is blank", () => {
  expect(tokensOf(encoded("a", {}), 5)).toEqual([]);
  expect(tokensOf(encoded("a", { ids: [7] }), 5)).toEqual([
    { number: 1, id: 7, spelled: "", start: 0, end: 0, bytes: "0–0" },
  ]);
  const all = { ids: [7], tokens: ["a"], starts: [0], ends: [1], byte_starts: [0], byte_ends: [1] };
  expect(tokensOf(encoded("a", all), 5)[0]).toMatchObject({ spelled: "a", end: 1, bytes: "0–1" });
});
