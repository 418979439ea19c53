import { expect, test } from "vitest";
import { LeftOut, leftOut, leftOutSentences, noLosses } from "./left-out.js";

const files = [{ path: "a.txt" }, { path: "b.txt" }];

test("nothing left out is not told", () => {
  const nothing = leftOut({ files, skipped: [] }, noLosses);
  expect(leftOutSentences(nothing)).toEqual([]);
  expect(LeftOut.parse(nothing)).toEqual(nothing);
});

test("what is left out is told by kind and count, with the first names and the worst files", () => {
  const skipped = Array.from("1234567", (n) => ({ path: `${n}.pdf`, kind: ".pdf" }));
  const all = leftOut(
    { files, skipped: [{ path: ".x", kind: "hidden" }, ...skipped] },
    {
      replaced: [
        { file: 0, characters: 1, bytes: 100_000 },
        { file: 1, characters: 30, bytes: 1000 },
      ],
      separators: { "<|endoftext|>": 3, "</s>": 1 },
    },
  );
  expect(leftOutSentences(all)).toEqual([
    "8 files were not read (7 .pdf, 1 hidden): .x, 1.pdf, 2.pdf, 3.pdf, 4.pdf and 3 more",
    "31 characters are not UTF-8 and became U+FFFD: 30 in b.txt (3.0 % of its bytes), 1 in a.txt (under 0.1 % of its bytes)",
    "4 lines of `<|endoftext|>`, `</s>` taken for the end of a document, and for no text",
  ]);
  expect(all).toEqual({
    files: { count: 8, kinds: { ".pdf": 7, hidden: 1 }, names: [".x", "1.pdf", "2.pdf", "3.pdf", "4.pdf"] },
    characters: {
      count: 31,
      files: [
        { path: "b.txt", count: 30, share: 0.03 },
        { path: "a.txt", count: 1, share: 0.00001 },
      ],
    },
    separators: { count: 4, lines: { "<|endoftext|>": 3, "</s>": 1 } },
  });
});

test("one of a thing is told as one", () => {
  const one = leftOut(
    { files, skipped: [{ path: "a.pdf", kind: ".pdf" }] },
    { replaced: [{ file: 0, characters: 1, bytes: 10 }], separators: { "</s>": 1 } },
  );
  expect(leftOutSentences(one)).toEqual([
    "1 file was not read (1 .pdf): a.pdf",
    "1 character is not UTF-8 and became U+FFFD: 1 in a.txt (10.0 % of its bytes)",
    "1 line of `</s>` taken for the end of a document, and for no text",
  ]);
});
