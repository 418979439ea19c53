import * as fc from "fast-check";
import { expect, test } from "vitest";
import { differentTokens, inOneLine, mostFrequent, piecesOf, withBreaks, type CutToken } from "./cut.js";

const token = (id: number, start: number, end: number): CutToken => ({ id, token: `t${id}`, start, end });

test("a character of several tokens is shown once, at the first", () => {
  const pieces = piecesOf("a🙂b", [token(1, 0, 1), token(2, 1, 3), token(3, 1, 3), token(4, 3, 4)]);
  expect(pieces.map(({ text }) => text)).toEqual(["a", "🙂", "", "b"]);
});

test("what no token was made of stands before the next", () => {
  const pieces = piecesOf("a   b", [token(1, 0, 1), token(2, 4, 5)]);
  expect(pieces.map(({ skipped, text }) => [skipped, text])).toEqual([
    ["", "a"],
    ["   ", "b"],
  ]);
});

test("no text is lost or doubled, whatever the tokens cover", () => {
  const spans = fc.array(fc.tuple(fc.nat(30), fc.nat(8)).map(([at, size]) => token(at, at, at + size)));
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 30 }), spans, (text, unsorted) => {
      const tokens = unsorted.toSorted((a, b) => a.start - b.start);
      const end = Math.max(0, ...tokens.map((each) => each.end));
      const shown = piecesOf(text, tokens).map((each) => each.skipped + each.text);
      expect(shown.join("")).toBe(text.slice(0, end));
    }),
  );
});

test("tokens are counted, the most frequent first", () => {
  const tokens = [token(5, 0, 1), token(7, 1, 2), token(7, 2, 3), token(6, 3, 4)];
  expect(mostFrequent(tokens, 2)).toEqual([
    { id: 7, token: "t7", count: 2 },
    { id: 5, token: "t5", count: 1 },
  ]);
  expect(differentTokens(tokens)).toBe(3);
});

test("white space is seen", () => {
  expect(inOneLine(" a\tb\r\n")).toBe("·a⇥b␍↵");
  expect(withBreaks("a\r\nb\n\rc")).toBe("a↵\r\nb↵\n↵\rc");
});
