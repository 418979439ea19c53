import { matching } from "@trainer/testing";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { StepPlan, type StepPlanOptions } from "./step-plan.js";

const plan = (o: Partial<StepPlanOptions>) =>
  new StepPlan({
    schedule: "constant",
    learningRate: 1,
    warmupSteps: 0,
    minLr: 0,
    lrDecayFraction: 0.2,
    lrDecayShape: "linear",
    batchesPerEpoch: 10,
    gradAccumSteps: 1,
    numEpochs: 2,
    maxSteps: null,
    evalEvery: 0,
    ...o,
  });

test("without accumulation a step is a batch", () => {
  const p = plan({});
  expect([p.stepsPerEpoch, p.totalSteps, p.epochs]).toEqual([10, 20, 2]);
  expect([1, 10, 11, 20].map((s) => p.epochOf(s))).toEqual([0, 0, 1, 1]);
});

test("max steps take the place of epochs, and may end within one", () => {
  const p = plan({ maxSteps: 25, numEpochs: 1 });
  expect([p.totalSteps, p.epochs, p.epochOf(25)]).toEqual([25, 3, 2]);
});

test("the steps of an epoch take each of its batches once, whatever is accumulated", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 60 }), (batchesPerEpoch, gradAccumSteps) => {
      const p = plan({ batchesPerEpoch, gradAccumSteps });
      const taken = Array.from({ length: p.totalSteps }, (_, i) => p.batchesOf(i + 1));
      const epoch = taken.slice(0, p.stepsPerEpoch);
      expect(taken).toEqual([...epoch, ...epoch]);
      expect(epoch.reduce((a, b) => a + b, 0)).toBe(batchesPerEpoch);
      const last = epoch.pop() ?? 0; // the only one that may have fewer
      expect(epoch.every((batches) => batches === gradAccumSteps)).toBe(true);
      expect(last).toBeGreaterThan(0);
      expect(last).toBeLessThanOrEqual(gradAccumSteps);
    }),
  );
});

test("validation comes after each epoch, or every so many steps, and after the last step", () => {
  const after = (o: Partial<StepPlanOptions>) => {
    const p = plan(o);
    return Array.from({ length: p.totalSteps }, (_, i) => i + 1).filter((s) => p.evaluatesAfter(s));
  };
  expect(after({})).toEqual([10, 20]);
  expect(after({ evalEvery: 8 })).toEqual([8, 16, 20]);
  expect(after({ maxSteps: 12 })).toEqual([10, 12]);
});

test("the validations that are left are counted from a step on, its own among them", () => {
  fc.assert(
    fc.property(
      fc.record({ maxSteps: fc.integer({ min: 1, max: 60 }), evalEvery: fc.integer({ min: 0, max: 70 }) }),
      fc.integer({ min: 1, max: 60 }),
      (o, at) => {
        const p = plan(o);
        const step = Math.min(at, p.totalSteps);
        const left = Array.from({ length: p.totalSteps - step + 1 }, (_, i) => step + i).filter((s) =>
          p.evaluatesAfter(s),
        );
        expect(p.evaluationsFrom(step)).toBe(left.length);
      },
    ),
  );
});

test("the learning rate decays over the whole run", () => {
  expect(plan({ schedule: "linear" }).learningRate(20)).toBe(0);
});

test("with a new end each step keeps the rate and the validation of the end that held for it", () => {
  const p = plan({ schedule: "linear", maxSteps: 4, evalEvery: 8, ends: [{ afterStep: 0, totalSteps: 4 }] });
  expect([1, 2, 3, 4].map((s) => p.learningRate(s))).toEqual([0.75, 0.5, 0.25, 0]);
  p.endAt(12, 3);
  p.endAt(10, 4);
  p.endAt(20, 4);
  expect(p.ends).toEqual([
    { afterStep: 0, totalSteps: 4 },
    { afterStep: 3, totalSteps: 12 },
    { afterStep: 4, totalSteps: 20 },
  ]);
  expect([3, 4, 5, 20].map((s) => p.learningRate(s))).toEqual([0.25, 1 - 4 / 12, 0.75, 0]);
  expect([p.totalSteps, p.epochs]).toEqual([20, 2]);
  expect([4, 8, 12, 16, 20].filter((s) => p.evaluatesAfter(s))).toEqual([8, 16, 20]);
  expect([p.evaluationsFrom(9), p.evaluationsFrom(9, 15)]).toEqual([2, 1]);
  const ended = plan({
    evalEvery: 8,
    ends: [
      { afterStep: 0, totalSteps: 4 },
      { afterStep: 4, totalSteps: 20 },
    ],
  });
  expect([4, 8].filter((s) => ended.evaluatesAfter(s))).toEqual([4, 8]);
});

test("a run that ends by time is first taken to be long, but for steps that were said", () => {
  expect(plan({ maxSeconds: 9 }).totalSteps).toBe(1000);
  expect(plan({ maxSeconds: 9, numEpochs: 200 }).totalSteps).toBe(2000);
  expect(plan({ maxSeconds: 9, maxSteps: 5 }).totalSteps).toBe(5);
});

test("more steps than can be counted are refused when they are planned", () => {
  expect(() => plan({ numEpochs: 1_000_000, batchesPerEpoch: 1e12, maxSteps: null })).toThrow(
    expect.objectContaining({
      code: "INVALID_INPUT",
      failureClass: "USER_INPUT",
      message: matching(/^1000000 epochs of \d+ steps are more than can be counted/),
    }),
  );
});
