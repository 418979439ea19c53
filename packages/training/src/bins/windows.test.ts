import * as fc from "fast-check";
import { expect, test } from "vitest";
import { sampleWindows, windowAt, windowCount } from "./windows.js";

const cut = fc
  .record({
    tokens: fc.integer({ min: 2, max: 300 }),
    context: fc.integer({ min: 1, max: 40 }),
    part: fc.double({ min: 0.01, max: 1, noNaN: true }),
  })
  .map(({ tokens, context, part }) => ({ tokens, context, stride: Math.ceil(context * part) }));

test("every token but the first is a target of one window, and read with as much before it as there is room for", () => {
  fc.assert(
    fc.property(cut, (options) => {
      const windows = Array.from({ length: windowCount(options) }, (_, i) => windowAt(i, options));
      const targets = windows.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, i) => from + i));
      expect(targets).toEqual(Array.from({ length: options.tokens - 1 }, (_, i) => i + 1));
      for (const { start, from, to } of windows) {
        expect(to - 1 - start).toBeLessThanOrEqual(options.context);
        expect(from).toBeGreaterThan(start);
        expect(to).toBeGreaterThan(from);
      }
    }),
  );
});

test("a sample is of whole windows in their order, the same for a seed, as many as make the targets asked for", () => {
  fc.assert(
    fc.property(cut, fc.integer({ min: 0, max: 400 }), fc.integer(), (options, targets, seed) => {
      const drawn = sampleWindows(options, targets, seed);
      expect(drawn).toEqual(sampleWindows(options, targets, seed));
      expect(new Set(drawn).size).toBe(drawn.length);
      expect(drawn).toEqual(drawn.toSorted((a, b) => a - b));
      const all = windowCount(options);
      expect(drawn.length).toBe(targets === 0 ? all : Math.min(all, Math.ceil(targets / options.stride)));
      for (const i of drawn) expect(i).toBeLessThan(all);
    }),
  );
  const long = { tokens: 100_000, context: 10, stride: 10 };
  expect(sampleWindows(long, 1000, 1)).not.toEqual(sampleWindows(long, 1000, 2));
  expect(Math.max(...sampleWindows(long, 1000, 1))).toBeGreaterThan(9000); // from all over it
});
