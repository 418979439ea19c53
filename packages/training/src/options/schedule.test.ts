import { lrSchedules } from "@trainer/options";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { cappedRates, learningRateAt, type ScheduleOptions } from "./schedule.js";

const at = (step: number, o: Partial<ScheduleOptions>) =>
  learningRateAt(step, { schedule: "constant", learningRate: 1, warmupSteps: 0, minLr: 0, totalSteps: 10, ...o });

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
  fc.assert(
    fc.property(anything, fc.constantFrom(...lrSchedules), fc.integer({ min: 1, max: 40 }), (o, schedule, step) => {
      const capped = { ...o, ...cappedRates({ ...o, pretrainedRunId: "base" }), schedule, totalSteps: 20 };
      expect(learningRateAt(step, capped)).toBeLessThanOrEqual(o.finetuneLrCap * (1 + 1e-12));
    }),
  );
  const free = { learningRate: 1, minLr: 0.5, finetuneLrCap: 0.1 };
  expect(cappedRates({ ...free, pretrainedRunId: null })).toEqual({ learningRate: 1, minLr: 0.5 });
  expect(cappedRates({ ...free, pretrainedRunId: "base" })).toEqual({ learningRate: 0.1, minLr: 0.1 });
});
