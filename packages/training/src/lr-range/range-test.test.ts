import { expect, test } from "vitest";
import { RangeTest, rangeLr } from "./range-test.js";

const range = { minLr: 1e-4, maxLr: 1, steps: 41 };

test("each rate is the one before times the same factor, from the first to the last", () => {
  const rates = Array.from({ length: 41 }, (_, i) => rangeLr(i + 1, range));
  expect(rates[0]).toBeCloseTo(1e-4, 12);
  expect(rates[40]).toBeCloseTo(1, 12);
  for (const [i, rate] of rates.slice(1).entries()) expect(rate / (rates[i] ?? 0)).toBeCloseTo(10 ** 0.1, 9);
  expect(rangeLr(1, { ...range, steps: 1 })).toBe(1e-4);
});

/** A loss that falls by steps and rises again after step 30, where the rate is 0.08. */
const loss = (step: number) => (step <= 30 ? 6 - step / 10 : 3 + (step - 30) / 8);

test("the proposed rate is half of the one at the lowest smoothed loss", () => {
  const test = new RangeTest(range);
  for (let step = 1; step < 41; step++) expect(test.add(loss(step))).toBe(false);
  expect(test.add(loss(41))).toBe(true);
  const lowest = test.points.toSorted((a, b) => a.smoothedLoss - b.smoothedLoss)[0];
  expect(lowest?.step).toBeGreaterThanOrEqual(30);
  expect(lowest?.step).toBeLessThanOrEqual(34); // the mean lags behind
  expect(test.suggestion()).toBe(Number(((lowest?.lr ?? 0) / 2).toPrecision(2)));
  expect(test.suggestion(1e-3)).toBe(1e-3);
});

test("the first smoothed loss is the first loss, and a constant one stays what it is", () => {
  const test = new RangeTest(range);
  for (let step = 1; step <= 5; step++) test.add(4);
  for (const { smoothedLoss } of test.points) expect(smoothedLoss).toBeCloseTo(4, 12);
});

test("a loss that diverges ends the test, and one that is no number too, which is no point", () => {
  const rising = new RangeTest(range);
  const steps = [5, 5, 5, 9, 9].map((each) => rising.add(each));
  expect(steps).toEqual([false, false, false, true, true]);
  const broken = new RangeTest(range);
  expect(broken.add(5)).toBe(false);
  expect(broken.add(NaN)).toBe(true);
  expect(broken.points.map(({ step }) => step)).toEqual([1]);
  const nothing = new RangeTest(range);
  expect(nothing.add(Infinity)).toBe(true);
  expect(nothing.suggestion()).toBeNull();
});
