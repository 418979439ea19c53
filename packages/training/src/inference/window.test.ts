import * as fc from "fast-check";
import { expect, test } from "vitest";
import { alike, halfWindow, promptLength, slidingWindows } from "./window.js";

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

test("every position of a longer text counts once, with all before it that the stride leaves", () => {
  const lengths = [fc.integer({ min: 1, max: 500 }), fc.integer({ min: 1, max: 40 })] as const;
  fc.assert(
    fc.property(...lengths, fc.integer({ min: 1, max: 50 }), (positions, context, stride) => {
      let next = 0;
      for (const { start, from, end } of slidingWindows(positions, context, stride)) {
        expect(from).toBe(next);
        expect(end).toBeGreaterThan(from);
        expect(end - start).toBeLessThanOrEqual(context);
        expect(from - start).toBe(Math.min(from, context - Math.min(stride, context)));
        next = end;
      }
      expect(next).toBe(positions);
    }),
  );
  expect(slidingWindows(500, 40)).toEqual(slidingWindows(500, 40, 20));
});

test("windows of one shape are taken together, in order", () => {
  const windows = slidingWindows(46, 8); // the first counts whole, the last is shorter
  const groups = alike(windows, 3);
  expect(groups.flat()).toEqual(windows);
  expect(groups.map((group) => group.length)).toEqual([1, 3, 3, 3, 1]);
  expect(alike(windows, 100).map((group) => group.length)).toEqual([1, 9, 1]);
  expect(alike([], 3)).toEqual([]);
});
