import { expect, test } from "vitest";
import { percentOf } from "./percent-of.js";

test("a run is as far as its steps, and done only when it is", () => {
  const percents = [0, 1, 7, 273, 660].map((step) => percentOf({ step, total_steps: 660 }));
  expect(percents).toEqual([0, 0, 1, 41, 99]);
  expect(percentOf({ step: 0, total_steps: 0 })).toBe(0);
  expect(percentOf(null)).toBe(0);
});
