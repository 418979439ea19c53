import { expect, test } from "vitest";
import { lengthsLine } from "./eval.js";

test("lengths are a range with a mean, one number where all are equal, and nothing where they are not known", () => {
  const lengths = { count: 2, min: 3, mean: 4, max: 5, histogram: [] };
  expect(lengthsLine("documents ", null)).toEqual([]);
  expect(lengthsLine("documents ", lengths)).toEqual([
    expect.stringMatching(/^documents +2 of 3 to 5 tokens, 4 on average$/),
  ]);
  expect(lengthsLine("documents ", { ...lengths, min: 5, mean: 5 })).toEqual([
    expect.stringMatching(/^documents +2 of 5 tokens$/),
  ]);
});
