import { expect, test } from "vitest";
import { mixProblem, sourceWeight } from "./source-weights.js";

test.each([
  ["0.3", { from: 0.3, to: 0.3 }],
  ["7", { from: 7, to: 7 }],
  [".5-1.", { from: 0.5, to: 1 }],
  ["1e-3-2E2", { from: 0.001, to: 200 }],
  ["0-1", { from: 0, to: 1 }],
  ["0", null],
  ["0-0", null],
  ["-1", null],
  ["1-2-3", null],
  ["1e999", null],
  ["1-1e999", null],
  ["NaN", null],
  ["", null],
  ["0x3", null],
])("the weight in %j", (text, weight) => {
  expect(sourceWeight(text)).toEqual(weight);
});

test("weights are refused that make no mix", () => {
  expect(mixProblem(["a", "b"], ["0-1", "1-0"])).toBeNull();
  expect(mixProblem(["a"], ["1"])).toMatch(/^corpusWeights: one text by itself is no mix/);
  expect(mixProblem(["a", "b"], ["1"], { weights: "corpus_weights" })).toMatch(
    /^corpus_weights: 1 weight\(s\) for 2 texts/,
  );
  expect(mixProblem(["a", "b", "a"], ["1", "1", "1"])).toMatch(/a is named twice/);
  expect(mixProblem(["a", "b"], ["0-1", "0-2"])).toMatch(/at the first step every weight is 0/);
  expect(mixProblem(["a", "b"], ["1-0", "2-0"])).toMatch(/at the last step/);
  expect(mixProblem(["a", "b"], ["bad", "0-1"])).toMatch(/at the first step/);
});
