import type { StepMetrics } from "@trainer/platform/browser";
import { expect, test } from "vitest";
import { metrics, row } from "../../../testing/run.js";
import { placesOn } from "../../../parts/curves-view/axis.js";
import { rangeOf, withRange } from "./exact.js";

const steps: StepMetrics[] = [row(1), row(10), row(20)];
const thinned = { ...metrics, steps, evaluations: [], total_steps_logged: 1000 };

test("the steps of what is zoomed to are asked for, on every axis, where not all are drawn", () => {
  const zoom = { from: 50, to: 155 };
  expect(rangeOf(zoom, placesOn("tokens", steps, null), thinned)).toEqual({ from: 5, to: 16 });
  expect(rangeOf({ from: -5, to: 3.5 }, placesOn("step", steps, null), thinned)).toEqual({ from: 0, to: 4 });
  expect(rangeOf({ from: 0.5, to: 1 }, placesOn("epoch", steps, 10), thinned)).toEqual({ from: 5, to: 10 });
  expect(rangeOf({ from: 3e-5, to: 5e-5 }, placesOn("hours", steps, null), thinned)).toEqual({ from: 10, to: 18 });
  expect(rangeOf(null, placesOn("step", steps, null), thinned)).toBeNull();
  expect(rangeOf(zoom, placesOn("step", steps, null), { ...thinned, total_steps_logged: 3 })).toBeNull();
});

test("exact steps take the place of those that were thinned, and none is there twice", () => {
  const exact = [row(9), row(10), row(11)];
  expect(withRange(steps, exact).map(({ step }) => step)).toEqual([1, 9, 10, 11, 20]);
  expect(withRange(steps, [])).toBe(steps);
});
