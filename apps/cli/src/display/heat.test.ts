import { expect, test } from "vitest";
import { heat, heatLegend } from "./heat.js";
import { visibleWidth } from "./visible.js";

test("the more bits, the hotter the background", () => {
  expect(heat("a", 0.99)).toBe("a");
  expect(heat("a", null)).toBe("a");
  expect(heat("a", 1)).toBe("\u001B[38;5;16;48;5;230ma\u001B[39;49m");
  expect(heat("a", 1.99)).toBe(heat("a", 1));
  expect(heat("a", 50)).toContain("48;5;196m");
  expect(new Set([0, 1, 2, 4, 6, 9, 13].map((bits) => heat("a", bits))).size).toBe(7);
});

test("the legend shows every level", () => {
  expect(heatLegend()).toContain(heat(" 6+ ", 6));
  expect(visibleWidth(heatLegend())).toBeLessThan(80);
});
