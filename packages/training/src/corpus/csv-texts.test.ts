import * as fc from "fast-check";
import { expect, test } from "vitest";
import { CorpusError } from "./corpus-error.js";
import { CsvTexts } from "./csv-texts.js";
import { NoTextField } from "./no-text-field.js";

interface How {
  readonly size?: number;
  readonly format?: "csv" | "tsv";
  readonly field?: string;
  readonly most?: number;
}

function read(table: string, { size = 1 << 20, format = "csv", field, most }: How = {}) {
  const reader = new CsvTexts(`a.${format}`, format, field ?? null, most);
  const bytes = Buffer.from(table);
  const texts: string[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    for (const text of reader.push(bytes.subarray(at, at + size))) texts.push(text.toString());
  }
  for (const text of reader.end()) texts.push(text.toString());
  return { texts, field: reader.field };
}

const quote = (cell: string) => `"${cell.replaceAll('"', '""')}"`;

test("a table comes back as it was written: any cells, delimiter, line ends and quoting, however it is cut", () => {
  const cell = fc.oneof(
    fc.string({ unit: fc.constantFrom('"', ",", ";", "\t", "\r", "\n", "a", " ", "ž") }),
    fc.string(),
  );
  const how = fc.record({
    delimiter: fc.constantFrom(",", ";", "\t"),
    lineEnd: fc.constantFrom("\n", "\r\n", "\r"),
    size: fc.integer({ min: 1, max: 12 }),
    endsLine: fc.boolean(),
    quotesAll: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(fc.tuple(cell, cell)), how, (rows, { delimiter, lineEnd, size, endsLine, quotesAll }) => {
      const written = (text: string) => (quotesAll || /[",;\t\r\n]/.test(text) ? quote(text) : text);
      const lines = [["id", "text"], ...rows].map((row) => row.map(written).join(delimiter));
      const table = lines.join(lineEnd) + (endsLine ? lineEnd : "");
      expect(read(table, { size }).texts).toEqual(rows.map(([, text]) => text));
    }),
  );
});

test("the column is the one that looks like the text, the only one, or the one that is named", () => {
  expect(read("title,body\na,b\n")).toEqual({ texts: ["b"], field: "body" });
  expect(read("line\na\n\n\nb")).toEqual({ texts: ["a", "b"], field: "line" });
  expect(read(',"text",label\n0,one,x', { field: "label" }).texts).toEqual(["x"]);
  expect(read(" title , text \r\n1,\r\n").texts).toEqual([""]);
  expect(read("a;b,c\ttext\n1;2,3\tone", { format: "tsv" }).texts).toEqual(["one"]);
  expect(read('"a;b",text\n1,one').texts).toEqual(["one"]);
  expect(read("text")).toEqual({ texts: [], field: "text" });
  expect(read("")).toEqual({ texts: [], field: null });
});

test("a quote within a cell that has none at its start is a character", () => {
  expect(read('text\nthe 5" disk\n""\n').texts).toEqual(['the 5" disk', ""]);
});

test("what is no table is refused with the row, what was expected and what there was", () => {
  const wrong = {
    "a,b\n1,2\n": /^a\.csv: no column "text": its columns are "a", "b"; --text-field names the one/,
    "text,text\n": /^a\.csv, row 1: two columns are called "text"/,
    "text,b\n1,2\n\n3\n": /^a\.csv, row 4: it has 1 column, the first row has 2 columns; expected rows/,
    "text\na\nb,c\n": /row 3: it has 2 columns, the first row has 1 column;/,
    'text,b\n1,"2\n3': /row 2: the file ends within the quotes of column 2: is it cut short\?/,
    'text\n"a" b\n': /row 2: in column 1 there is text after the closing quote: a quote in it is two/,
  };
  for (const [table, message] of Object.entries(wrong)) {
    for (const size of [1, 100]) expect(() => read(table, { size })).toThrow(message);
  }
  expect(() => read("a,b\n", { field: "c" })).toThrow(NoTextField);
  expect(() => read("a,b\n", { field: "c" })).toThrow(/no column "c": its columns/);
  const many = Array.from({ length: 22 }, (_, i) => `c${i}`).join(",");
  expect(() => read(many)).toThrow(/"c19" and 2 more;/);
});

test("a huge cell, row or header is refused before it is held", () => {
  const long = "x".repeat(100);
  expect(() => read(`text\n${long}`, { size: 10, most: 64 })).toThrow(
    /row 2: column 1 is longer than 64 bytes; expected/,
  );
  expect(() => read(`text\n"${long}`, { size: 10, most: 64 })).toThrow(
    /row 2: column 1 is longer than 64 bytes: is its closing quote missing\?/,
  );
  expect(() => read(`text\n${",".repeat(70_000)}`)).toThrow(/row 2: it has more than 65536 columns/);
  expect(() => read("x".repeat((1 << 20) + 1), { size: 1 << 16 })).toThrow(/row 1: the first row is longer than/);
  expect(() => read(`text\n${long}`, { most: 64 })).toThrow(CorpusError);
});
