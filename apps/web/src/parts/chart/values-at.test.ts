import { expect, test } from "vitest";
import type { Curve } from "./curves.js";
import { curvesNamed, nearestTo } from "./values-at.js";

const curve = (label: string): Curve => ({
  label,
  x: Float64Array.of(0),
  y: Float64Array.of(1),
  color: "--curve-1",
});
const curves = ["a", "b"].map((label) => curve(label));

test("of a plot that is not drawn yet no curve is the nearest", () => {
  expect(nearestTo(null, curves)).toEqual([]);
});

test("a curve that was pointed at and is gone is left out", () => {
  expect(curvesNamed(curves, ["gone", "b"]).map(({ label }) => label)).toEqual(["b"]);
});
