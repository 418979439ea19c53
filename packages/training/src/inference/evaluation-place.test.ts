import { expect, test } from "vitest";
import { EvaluateOptions } from "@trainer/options";
import { splitCount } from "../../test/split-count.js";
import { evaluationPlace, usualSplit } from "./evaluation-place.js";

const splits = { train: splitCount(9), validation: splitCount(1), test: splitCount(1) };
const place = (options: object, held: typeof splits | null = splits) =>
  evaluationPlace("/runs/r", held, EvaluateOptions.parse(options));

test("training's own evaluation is in the run's folder eval, every other one in a place of its own", () => {
  expect(place({})).toBe("/runs/r/eval");
  expect(place({ prompts: [], seed: 7 })).toBe("/runs/r/eval"); // without samples their seed does not matter
  expect(place({ specialTokens: true })).toBe("/runs/r/eval"); // a split is read as in training
  expect(place({ batchSize: 3, against: "other" })).toBe("/runs/r/eval");
  const others = [
    { split: "test" },
    { stride: 8 },
    { evalTokens: 100 },
    { evalTokens: 0 },
    { split: "test", stride: 8 },
    { prompts: ["Once"] },
    { prompts: ["Twice"] },
    { seed: 3 },
    { bos: "no" },
    { path: "/a/b.txt" },
    { path: "/c/b.txt" },
    { path: "/a/b.txt", document: "line" },
    { path: "/a/b.txt", stride: 8 },
    { path: "/a/b.txt", specialTokens: true },
    { path: "/a/ü /../b c.txt" },
  ];
  const places = others.map((options) => place(options));
  expect(new Set([...places, "/runs/r/eval"]).size).toBe(others.length + 1);
  for (const each of places) expect(each).toMatch(/^\/runs\/r\/eval\/[\w.-]+$/);
  expect(places[0]).toBe("/runs/r/eval/test");
});

test("where a run has no validation, its usual evaluation is of the test", () => {
  const tested = { ...splits, validation: splitCount(0) };
  expect(place({ split: "test" }, tested)).toBe("/runs/r/eval");
  expect([usualSplit(splits), usualSplit(tested), usualSplit(null)]).toEqual(["validation", "test", null]);
  expect(usualSplit({ ...tested, test: splitCount(0) })).toBeNull();
  expect(place({ split: "test" }, null)).toBe("/runs/r/eval/test");
});

test("the folder's name says what was evaluated and how", () => {
  expect(place({ split: "test", stride: 8, evalTokens: 100, bos: "no" })).toBe(
    "/runs/r/eval/test-stride-8-tokens-100-bos-no",
  );
  expect(place({ path: "/a/ü  b.txt", specialTokens: true })).toMatch(
    /^\/runs\/r\/eval\/text-_b\.txt-[0-9a-f]{8}-special-tokens$/,
  );
  expect(place({ seed: 3 })).toMatch(/^\/runs\/r\/eval\/samples-[0-9a-f]{8}$/);
});
