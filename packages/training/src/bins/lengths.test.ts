import * as fc from "fast-check";
import { expect, test } from "vitest";
import { LengthCounter } from "./lengths.js";

const counted = (values: readonly number[]) => {
  const counter = new LengthCounter();
  for (const value of values) counter.add(value);
  return counter.lengths();
};

test("lengths are told by their least, mean and most, and counted between powers of two", () => {
  expect(counted([3, 2, 9])).toEqual({
    count: 3,
    min: 2,
    mean: 14 / 3,
    max: 9,
    histogram: [
      { from: 2, to: 3, count: 2 },
      { from: 4, to: 7, count: 0 },
      { from: 8, to: 15, count: 1 },
    ],
  });
  expect(counted([0])?.histogram).toEqual([{ from: 0, to: 0, count: 1 }]);
  expect(counted([])).toBeNull();
});

test("every length is in one part of the histogram", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(5000), { minLength: 1 }), (values) => {
      const { histogram = [] } = counted(values) ?? {};
      for (const { from, to, count } of histogram) {
        expect(count).toBe(values.filter((value) => value >= from && value <= to).length);
      }
      expect(histogram.reduce((sum, { count }) => sum + count, 0)).toBe(values.length);
    }),
  );
});
