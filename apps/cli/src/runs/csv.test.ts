import * as fc from "fast-check";
import { expect, test } from "vitest";
import { csv } from "./csv.js";

/** Rows of a text, character by character, as RFC 4180 reads it. */
function rowsOf(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = "";
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    const here = text.charAt(at);
    if (isQuoted && here === '"' && text.charAt(at + 1) === '"') cell += text.charAt(at++);
    else if (here === '"') isQuoted = !isQuoted;
    else if (isQuoted || (here !== "," && here !== "\r")) cell += here;
    else {
      row.push(cell);
      cell = "";
      if (here === ",") continue;
      rows.push(row);
      row = [];
      at++; // the line feed
    }
  }
  return rows;
}

const hostile = fc.string({ unit: fc.constantFrom('"', ",", "\r", "\n", "a", " ", "é") });

test("any texts come back from a table as they were", () => {
  fc.assert(
    fc.property(hostile, fc.array(hostile), (name, cells) => {
      const columns = [
        { name, type: "text", cells },
        { name: "n", type: "number", cells: cells.map(({ length }) => length) },
      ] as const;
      expect(rowsOf(csv(columns))).toEqual([[name, "n"], ...cells.map((cell) => [cell, String(cell.length)])]);
    }),
  );
});

test("a moment is in UTC, and what is not known is empty", () => {
  const columns = [
    { name: "at", type: "moment", cells: [new Date(0), null] },
    { name: "is", type: "boolean", cells: [true, null] },
  ] as const;
  expect(csv(columns)).toBe("at,is\r\n1970-01-01T00:00:00.000Z,true\r\n,\r\n");
});
