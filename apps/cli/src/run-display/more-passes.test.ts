import { expect, test } from "vitest";
import { stillFalls } from "./more-passes.js";

const points = (...losses: readonly number[]) => losses.map((loss, step) => ({ step, loss }));
const falls = (train: readonly number[], validation: readonly number[] = []) =>
  stillFalls({ trainPoints: points(...train), validationPoints: points(...validation) });

test("a loss still falls where the last validation is clearly the best", () => {
  expect(falls([], [4, 3, 2])).toBe(true);
  expect(falls([9, 8, 7, 6], [4, 2, 3])).toBe(false);
  expect(falls([9, 8, 7, 6], [4, 3, 2.999])).toBe(false);
});

test("where validation was measured once, the last quarter of the training says it", () => {
  expect(falls([8, 7, 6, 5, 4, 3, 2, 1], [3])).toBe(true);
  expect(falls([8, 4, 3, 3, 3, 3, 3, 3])).toBe(false);
  expect(falls([8, 2, 1])).toBe(false); // too few to tell
  expect(falls([])).toBe(false);
});
