import { assert, integer, property, string } from "fast-check";
import { expect, test } from "vitest";
import { fitTable, type Column } from "./fit-table.js";
import { visibleWidth } from "./visible.js";

interface Row {
  readonly id: string;
  readonly text: string;
  readonly size: string;
}
const columns: readonly Column<Row>[] = [
  { head: "ID", cell: ({ id }) => id },
  { head: "TEXT", cell: ({ text }) => text, least: 5, spare: 1 },
  { head: "SIZE", cell: ({ size }) => size, right: true, spare: 2 },
];
const rows = [
  { id: "one", text: "a long name.txt", size: "1" },
  { id: "two", text: "short", size: "1234" },
];

test("where there is room everything is shown", () => {
  expect(fitTable(rows, columns, Infinity)).toEqual([
    "ID   TEXT             SIZE",
    "one  a long name.txt     1",
    "two  short            1234",
  ]);
});

test("where there is less, cells are cut that may be, then columns left out, the most spare first", () => {
  expect(fitTable(rows, columns, 21)).toEqual([
    "ID   TEXT        SIZE",
    "one  a long na…     1",
    "two  short       1234",
  ]);
  expect(fitTable(rows, columns, 15)).toEqual(["ID   TEXT", "one  a long na…", "two  short"]);
  expect(fitTable(rows, columns, 9)).toEqual(["ID", "one", "two"]);
  expect(fitTable(rows, columns, 1)).toEqual(["ID", "one", "two"]); // ids are never cut: they are to be copied
  expect(fitTable([], columns, 80)).toEqual(["ID  TEXT  SIZE"]);
});

test("a cell is one line: a break in it is a space, other spaces stay", () => {
  const text = [{ head: "TEXT", cell: ({ text: cell }: Row) => cell }];
  expect(fitTable([{ id: "r", text: "a\n\tb  c", size: "" }], text, 80)).toEqual(["TEXT", "a b  c"]);
});

test("what must be there stays wherever it stands", () => {
  expect(fitTable(rows, columns.toReversed(), 9)).toEqual(["ID", "one", "two"]);
});

test("no row is wider than it may be, whatever its cells are, wide characters too", () => {
  const text = string({ unit: "grapheme", maxLength: 30 });
  assert(
    property(text, text, integer({ min: 10, max: 60 }), (a, b, width) => {
      const lines = fitTable([{ id: "r", text: a, size: b }], columns, width);
      for (const line of lines) expect(visibleWidth(line)).toBeLessThanOrEqual(width);
    }),
  );
});
