import * as fc from "fast-check";
import { expect, test } from "vitest";
import { CorpusError } from "./corpus-error.js";
import { JsonLines } from "./json-lines.js";

function read(text: string, size = 1 << 20, maxLineBytes?: number): string[] {
  const lines = new JsonLines("a.jsonl", null, maxLineBytes);
  const bytes = Buffer.from(text);
  const records: string[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    for (const record of lines.push(bytes.subarray(at, at + size))) records.push(record.toString());
  }
  for (const record of lines.end()) records.push(record.toString());
  return records;
}

test("the field text of every line comes back, however the file is cut into chunks", () => {
  const text = fc.string({ unit: "grapheme" }).filter((each) => !each.includes("\0"));
  const sizes = fc.integer({ min: 1, max: 40 });
  fc.assert(
    fc.property(fc.array(text), sizes, fc.constantFrom("\n", "\r\n", "\n\n"), (texts, size, lineBreak) => {
      const file = texts.map((text, id) => JSON.stringify({ id, text })).join(lineBreak);
      expect(read(file, size)).toEqual(texts);
      expect(read(`${file}\n`, size)).toEqual(texts);
    }),
  );
});

test("a line that is not JSON, or has no text, is named by file, line and character, and not quoted", () => {
  expect(() => read('{"text":"a"}\n\n{"text":\n')).toThrow(/^a\.jsonl:3: not JSON: value expected at character 9;/);
  expect(() => read('{"text": Jane}')).toThrow(/^a\.jsonl:1: not JSON: invalid symbol at character 10; each line/);
  expect(() => read('{"text":"a"}\n{"tekst":"b"}')).toThrow(
    /^a\.jsonl:2: no string field "text": its fields are "tekst" \(string\); --text-field .*; each line/,
  );
  expect(() => read('{"text":1}')).toThrow(/^a\.jsonl:1: no string field "text": its fields are "text" \(number\);/);
  expect(() => read("[".repeat(100_000))).toThrow(/^a\.jsonl:1: not JSON; each line/);
  expect(() => read("[1]")).toThrow(CorpusError);
});

test("a line too long to hold is refused before it is held", () => {
  expect(() => read(`\n{"text":"${"x".repeat(100)}"}`, 10, 64)).toThrow(
    /^a\.jsonl:2: the line is longer than 64 bytes/,
  );
});

test("halves of surrogate pairs are replaced and counted, and a NUL is refused as in plain text", () => {
  const lines = new JsonLines("a.jsonl", null);
  const records = [...lines.push(Buffer.from('{"text":"x \\ud83d y"}\n{"text":"\\ud83d\\ude00"}\n'))];
  expect(records.map(String)).toEqual(["x \uFFFD y", "😀"]);
  expect(lines.replaced).toBe(1);
  expect(() => read('{"text":"a"}\n{"text":"b\\u0000"}')).toThrow(/^a\.jsonl:2: there is a NUL at character 1/);
});

test("the first record decides which field has the text, or it is named", () => {
  const lines = (field: string | null, text: string) => {
    const reader = new JsonLines("a.jsonl", field);
    const records = [...reader.push(Buffer.from(text)), ...reader.end()].map(String);
    return { records, field: reader.field };
  };
  const first = '{"id":"7","body":"one","other":{}}\n';
  expect(lines(null, `${first}{"text":"no","body":"two"}`)).toEqual({ records: ["one", "two"], field: "body" });
  expect(lines("id", first)).toEqual({ records: ["7"], field: "id" });
  expect(lines(null, "\n")).toEqual({ records: [], field: null });
  expect(() => lines(null, `${first}{"body":null,"list":[]}`)).toThrow(
    /^a\.jsonl:2: no string field "body": its fields are "body" \(null\), "list" \(array\); --text-field/,
  );
  expect(() => lines("bodi", first)).toThrow(
    /no string field "bodi": its fields are "id" \(string\), "body" \(string\)/,
  );
  expect(() => lines("toString", first)).toThrow(/no string field "toString"/);
  expect(() => lines("bodi", "null")).toThrow(/no string field "bodi": it is no object/);
});
