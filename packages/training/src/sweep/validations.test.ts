import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { scratchPath } from "@trainer/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bitsOf, validationsOf } from "./validations.js";

let folder = "";
beforeAll(() => {
  folder = scratchPath("validations");
});
afterAll(() => rmSync(folder, { recursive: true }));

test("validations are read from a run's metrics: no steps, no tests, and no line that is torn", async () => {
  const path = join(folder, "metrics.jsonl");
  const point = { step: 4, tokens: 64, loss: 3, bits_per_byte: null };
  const lines = [
    { step: 4, train_loss: 3 },
    { ...point, split: "validation" },
    { ...point, split: "test" },
  ];
  writeFileSync(path, `${lines.map((line) => JSON.stringify(line)).join("\n")}\n{"step":5,"spl`);
  expect(await validationsOf(path)).toEqual([{ step: 4, tokens: 64, loss: 3, bitsPerByte: null }]);
  expect(await validationsOf(join(folder, "none.jsonl"))).toEqual([]);
});

test("points are compared by bits a byte, where these are known", () => {
  const point = { step: 4, tokens: 64, loss: 3, bitsPerByte: 2 };
  expect([bitsOf(point), bitsOf({ ...point, bitsPerByte: null }), bitsOf(null)]).toEqual([2, 3, Infinity]);
});
