import * as fc from "fast-check";
import { expect, test } from "vitest";
import { halfWindow, promptLength, slidingWindows } from "./window.js";

test("a prompt keeps what leaves room for the new tokens, but at least half a window", () => {
  expect(promptLength(10, 64, 256)).toBe(10);
  expect(promptLength(500, 64, 256)).toBe(192);
  expect(promptLength(500, 1000, 256)).toBe(128);
  expect(promptLength(500, 0, 256)).toBe(256);
  expect(promptLength(5, 10, 1)).toBe(1);
  expect(halfWindow(9)).toBe(4);
});

test("a text that fits the context is one window", () => {
  expect(slidingWindows(8, 8)).toEqual([{ start: 0, from: 0, end: 8 }]);
  expect(slidingWindows(0, 8)).toEqual([]);
});

test("every position of a longer text counts once, with at least half a context before it", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 1, max: 40 }), (positions, context) => {
      let next = 0;
      for (const { start, from, end } of slidingWindows(positions, context)) {
        expect(from).toBe(next);
        expect(end).toBeGreaterThan(from);
        expect(end - start).toBeLessThanOrEqual(context);
        expect(from - start).toBe(Math.min(from, Math.floor(context / 2)));
        next = end;
      }
      expect(next).toBe(positions);
    }),
  );
});
