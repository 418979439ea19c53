import { expect, test } from "vitest";
import { leftOut, leftOutOfBoth, leftOutSentences, noLosses, noteReplaced, type TextLosses } from "./left-out.js";
import { LeftOut } from "../home/text-losses.js";

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
    fields: {},
  });
});

test("one of a thing is told as one", () => {
  const one = leftOut(
    { files, skipped: [{ path: "a.pdf", kind: ".pdf" }] },
    { replaced: [{ file: 0, characters: 1, bytes: 1000 }], separators: { "</s>": 1 } },
  );
  expect(leftOutSentences(one)).toEqual([
    "1 file was not read (1 .pdf): a.pdf",
    "1 character is not UTF-8 and became U+FFFD: 1 in a.txt (0.1 % of its bytes)",
    "1 line of `</s>` taken for the end of a document, and for no text",
  ]);
});

test("of many files with replaced characters the five with most are named, and all are counted", () => {
  const many = Array.from("1234567", (n) => ({ path: `${n}.txt` }));
  const replaced = many.map((_, file) => ({ file, characters: file + 1, bytes: 1000 }));
  const { characters } = leftOut({ files: many, skipped: [] }, { replaced, separators: {} });
  expect(characters.count).toBe(28);
  expect(characters.files.map(({ path }) => path)).toEqual(["7.txt", "6.txt", "5.txt", "4.txt", "3.txt"]);
});

test("what was replaced in a file and in its records is noted together, and a file without any is not", () => {
  const losses: TextLosses = { replaced: [], separators: {} };
  noteReplaced(losses, 0, { replaced: 0, bytes: 10 });
  noteReplaced(losses, 1, { replaced: 2, bytes: 20 });
  noteReplaced(losses, 2, { replaced: 3, bytes: 30 });
  noteReplaced(losses, 3, { replaced: 9, bytes: 40 });
  noteReplaced(losses, 4, { replaced: 0, bytes: 50 });
  expect(losses.replaced).toEqual([
    { file: 1, characters: 2, bytes: 20 },
    { file: 2, characters: 3, bytes: 30 },
    { file: 3, characters: 9, bytes: 40 },
  ]);
});

test("the field that a text is from is told, but for the usual one", () => {
  const of = (fields: readonly (string | null)[]) =>
    leftOut({ files: fields.map((field) => ({ path: "a.jsonl", field })), skipped: [] }, noLosses);
  expect(leftOutSentences(of([null, "text"]))).toEqual([]);
  expect(leftOutSentences(of(["body", "story", null, "story"]))).toEqual([
    'the text of 2 files is the field "story" alone',
    'the text of 1 file is the field "body" alone',
  ]);
  const { fields: _, ...before } = of(["body"]);
  expect(LeftOut.parse(before).fields).toEqual({}); // a manifest written before
});

test("what is left out of two texts is told as of one", () => {
  const of = (name: string, characters: number, field: string) =>
    leftOut(
      { files: [{ path: `${name}.csv`, field }], skipped: [{ path: `${name}.pdf`, kind: ".pdf" }] },
      { replaced: [{ file: 0, characters, bytes: 100 }], separators: { "</s>": 1, [name]: 2 } },
    );
  const both = leftOutOfBoth(of("a", 1, "body"), of("b", 5, "body"));
  expect(LeftOut.parse(both)).toEqual(both);
  expect(both).toEqual({
    files: { count: 2, kinds: { ".pdf": 2 }, names: ["a.pdf", "b.pdf"] },
    characters: {
      count: 6,
      files: [
        { path: "b.csv", count: 5, share: 0.05 },
        { path: "a.csv", count: 1, share: 0.01 },
      ],
    },
    separators: { count: 6, lines: { "</s>": 2, a: 2, b: 2 } },
    fields: { body: 2 },
  });
});
