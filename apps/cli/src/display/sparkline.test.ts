import { expect, test } from "vitest";
import { sparkline } from "./sparkline.js";

test("a falling series falls", () => {
  expect(sparkline([8, 7, 6, 5, 4, 3, 2, 1], 8)).toBe("█▇▆▅▄▃▂▁");
});

test("a long series is averaged into the width", () => {
  expect(sparkline([4, 4, 3, 3, 2, 2, 1, 1], 4)).toBe("█▆▃▁");
});

test("a constant series is flat, and values that are not finite are left out", () => {
  expect(sparkline([2, NaN, 2, Infinity], 8)).toBe("▁▁");
});

test("an empty series is empty", () => {
  expect(sparkline([], 8)).toBe("");
});
