import { expect, test } from "vitest";
import { NotebookText } from "./notebook-text.js";

function read(file: unknown, { most, size = 7 }: { readonly most?: number; readonly size?: number } = {}) {
  const reader = new NotebookText("a.ipynb", most);
  const bytes = Buffer.from(typeof file === "string" ? file : JSON.stringify(file));
  const texts: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) texts.push(...reader.push(bytes.subarray(at, at + size)));
  texts.push(...reader.end());
  return { text: Buffer.concat(texts).toString(), replaced: reader.replaced };
}

const cell = (source: unknown, type: unknown = "code") => ({
  cell_type: type,
  source,
  outputs: [{ output_type: "stream", text: ["given"] }],
});

test("Markdown and code of a notebook are its text, cell by cell, without what the code gave", () => {
  const cells = [
    cell(["# Title\n", "\n", "Žluť\n"], "markdown"),
    cell("  print(1)\n"),
    cell("raw", "raw"),
    cell([]),
    cell(" \n"),
    cell("x = '\ud800'"),
  ];
  expect(read({ cells, nbformat: 4, metadata: {} })).toEqual({
    text: "# Title\n\nŽluť\n\n  print(1)\n\nx = '\ufffd'\n",
    replaced: 1,
  });
  expect(read({ cells: [] }).text).toBe("");
  expect(read(" \n").text).toBe("");
});

test.each([
  ["cut short", JSON.stringify({ cells: [cell("x")] }).slice(0, 40), /not JSON:.* at character 40/],
  ["an array", [], /expected an object, there is array/],
  ["of version 3", { worksheets: [] }, /: cells: expected an array of cells, as .*nbconvert.*, there is none$/],
  ["of numbers", { cells: [cell("a"), 1] }, /: cells\.1: expected an object, there is number$/],
  ["of other types", { cells: [cell("a", null)] }, /: cells\.0\.cell_type: expected a string, there is null$/],
  ["without source", { cells: [{ cell_type: "code" }] }, /: cells\.0\.source: expected a string or .*, there is none$/],
  ["of wrong lines", { cells: [cell(["a", 1])] }, /: cells\.0\.source: .*strings, there is array$/],
  ["with a NUL", { cells: [cell("a\0")] }, /: cells\.0\.source: there is a NUL in it: leave it out$/],
])("a notebook %s is refused with the place, what was expected and what there was", (_, file, message) => {
  expect(() => read(file)).toThrow(message);
  expect(() => read(file)).toThrow(/^a\.ipynb is no notebook that can be read: /);
});

test("a huge notebook is refused before it is held", () => {
  expect(() => read({ cells: [cell("x".repeat(200))] }, { most: 64 })).toThrow(
    "it is longer than 64 bytes: clear its outputs",
  );
});
