import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { scratchPath } from "@trainer/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { mixArgument } from "./mix-argument.js";

let folder = "";
beforeAll(() => {
  folder = scratchPath("mix-argument");
  mkdirSync(folder, { recursive: true });
  for (const name of ["a.txt", "a.txt:2", "b"]) writeFileSync(join(folder, name), "x");
});
afterAll(() => rmSync(folder, { recursive: true }));
const path = (name: string) => join(folder, name);
const ID = "a".repeat(64);

test("a word may end in a weight, unless there is a file of that name", () => {
  expect(mixArgument([path("a.txt:0.3"), path("b:.7-1e-1")])).toEqual({
    corpus: [path("a.txt"), path("b")],
    corpusFileId: null,
    corpusWeights: ["0.3", ".7-1e-1"],
  });
  expect(mixArgument([path("a.txt:2")])).toMatchObject({ corpus: [path("a.txt:2")], corpusWeights: null });
  expect(mixArgument([path("a.txt:2:1"), "b:3"])).toMatchObject({ corpus: [path("a.txt:2"), "b"] });
  expect(mixArgument([ID])).toEqual({ corpus: [], corpusFileId: ID, corpusWeights: null });
  expect(mixArgument(["no:weight", "C:\\texts"])).toMatchObject({
    corpus: ["no:weight", "C:\\texts"],
    corpusWeights: null,
  });
});

test.each([
  [["a:0", "b:1"], "a:0: the weight must be a number above 0"],
  [["a:-1", "b:1"], "a:-1: the weight"],
  [["a:NaN", "b:1"], "a:NaN: the weight"],
  [["a:inf", "b:1"], "a:inf: the weight"],
  [["a:1e999", "b:1"], "a:1e999: the weight"],
  [["a:0-0", "b:1"], "a:0-0: the weight"],
  [["a:1", "b"], "b without a weight beside texts with one"],
  [[`${ID}:1`, "b:1"], "which cannot be mixed: give paths"],
])("%j is refused", (words, message) => {
  expect(() => mixArgument(words)).toThrow(message);
});
