import { expect, test } from "vitest";
import { table } from "./table.js";

test("columns are as wide as their widest cell, numbers flush right", () => {
  const rows = [
    ["RUN", "STEPS", "STATUS"],
    ["a", "5", "done"],
    ["long-name", "1200", undefined],
  ];
  expect(table(rows, [1])).toEqual(["RUN        STEPS  STATUS", "a              5  done", "long-name   1200"]);
});

test("a table without rows has no lines", () => {
  expect(table([])).toEqual([]);
});
