import { lrDecayShapes, lrSchedules } from "@trainer/options";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { cappedRates, learningRateAt, type ScheduleOptions } from "./schedule.js";

const plain = {
  schedule: "constant",
  learningRate: 1,
  warmupSteps: 0,
  minLr: 0,
  lrDecayFraction: 0.2,
  lrDecayShape: "linear",
} as const;

const at = (step: number, o: Partial<ScheduleOptions>) => learningRateAt(step, { ...plain, totalSteps: 10, ...o });

test("the learning rate is constant unless told otherwise", () => {
  expect([1, 5, 10, 11].map((step) => at(step, {}))).toEqual([1, 1, 1, 1]);
});

test("warm-up rises linearly and reaches the full rate at its last step", () => {
  expect([1, 2, 3, 4, 5].map((step) => at(step, { warmupSteps: 4 }))).toEqual([0.25, 0.5, 0.75, 1, 1]);
});

test("linear decay goes from the full rate after warm-up to the least at the last step", () => {
  const o = { schedule: "linear", warmupSteps: 2, minLr: 0.2 } as const;
  expect([2, 4, 6, 10].map((step) => at(step, o))).toEqual([
    1,
    expect.closeTo(0.8, 12),
    expect.closeTo(0.6, 12),
    expect.closeTo(0.2, 12),
  ]);
});

test("cosine decay passes the middle half-way and ends at the least", () => {
  const o = { schedule: "cosine", warmupSteps: 2, minLr: 0.2 } as const;
  expect([2, 4, 6, 10].map((step) => at(step, o))).toEqual([
    1,
    expect.closeTo(0.2 + (0.8 * (1 + Math.SQRT1_2)) / 2, 12),
    expect.closeTo(0.6, 12),
    expect.closeTo(0.2, 12),
  ]);
});

test.each([
  ["linear", 0.6],
  ["cosine", 0.6],
  ["1-sqrt", 1 - 0.8 * Math.SQRT1_2],
] as const)("wsd is stable after warm-up, then decays by %s over the last part", (lrDecayShape, half) => {
  const o = { schedule: "wsd", warmupSteps: 2, minLr: 0.2, lrDecayFraction: 0.4, lrDecayShape } as const;
  expect([1, 2, 3, 6].map((step) => at(step, o))).toEqual([0.5, 1, 1, 1]);
  expect(at(8, o)).toBeCloseTo(half, 12);
  expect([10, 11].map((step) => at(step, o))).toEqual([0.2, 0.2]);
});

test("a run by wsd that is trained on has had the rates of the longer run from its beginning to its decay", () => {
  const o = { schedule: "wsd", warmupSteps: 3, lrDecayFraction: 0.25, lrDecayShape: "1-sqrt" } as const;
  for (let step = 1; step <= 15; step++) {
    expect(at(step, { ...o, totalSteps: 20 })).toBe(at(step, { ...o, totalSteps: 300 }));
  }
  expect(at(16, { ...o, totalSteps: 20 })).toBeLessThan(at(16, { ...o, totalSteps: 300 }));
});

test("wsd decays in at least one step, and not before warm-up has ended", () => {
  const o = { schedule: "wsd", lrDecayShape: "linear" } as const;
  expect([9, 10].map((step) => at(step, { ...o, lrDecayFraction: 1e-3 }))).toEqual([1, 0]);
  expect([4, 7, 10].map((step) => at(step, { ...o, warmupSteps: 4, lrDecayFraction: 1 }))).toEqual([1, 0.5, 0]);
});

test("after the last step the rate stays at its least", () => {
  expect(at(30, { schedule: "cosine", minLr: 0.1 })).toBeCloseTo(0.1, 12);
});

test("a run that is all warm-up never divides by zero", () => {
  expect(at(10, { schedule: "cosine", warmupSteps: 10 })).toBe(1);
});

test("no way to a rate leads over the cap of a run that starts from other weights", () => {
  const rate = fc.double({ min: 0, max: 1, noNaN: true });
  const steps = fc.integer({ min: 0, max: 20 });
  const anything = fc.record({ learningRate: rate, minLr: rate, finetuneLrCap: rate, warmupSteps: steps });
  const kinds = fc.record({
    schedule: fc.constantFrom(...lrSchedules),
    lrDecayShape: fc.constantFrom(...lrDecayShapes),
  });
  fc.assert(
    fc.property(anything, kinds, fc.integer({ min: 1, max: 40 }), (o, { schedule, lrDecayShape }, step) => {
      const capped = {
        ...o,
        ...cappedRates({ ...o, pretrainedRunId: "base" }),
        lrDecayFraction: 0.5,
        lrDecayShape,
        schedule,
        totalSteps: 20,
      };
      expect(learningRateAt(step, capped)).toBeLessThanOrEqual(o.finetuneLrCap * (1 + 1e-12));
    }),
  );
  const free = { learningRate: 1, minLr: 0.5, finetuneLrCap: 0.1 };
  expect(cappedRates({ ...free, pretrainedRunId: null })).toEqual({ learningRate: 1, minLr: 0.5 });
  expect(cappedRates({ ...free, pretrainedRunId: "base" })).toEqual({ learningRate: 0.1, minLr: 0.1 });
});
