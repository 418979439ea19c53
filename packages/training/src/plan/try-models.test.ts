import { parseTrainOptions } from "../options/options.js";
import { expect, test } from "vitest";
import type { Candidate } from "./candidates.js";
import type { Outcome } from "./fit-time.js";
import { tryModels } from "./try-models.js";

const options = { ...parseTrainOptions({ corpus: "text.txt" }), maxSeqLen: 8 };

/** A model of so many parameters, whose step takes as many operations. */
const model = (parameters: number): Candidate => ({
  decided: {},
  options,
  parameters,
  body: parameters,
  seqLen: 8,
  batchSize: 1,
  tokensPerStep: 8,
  weightBytes: parameters,
  work: parameters,
});
const models = [1, 2, 4, 8, 16].map((size) => model(size));

const outcome = (bitsPerByte: number): Outcome => ({
  decided: {},
  steps: 1,
  passes: 1,
  seconds: 1,
  isTextSpent: false,
  bitsPerByte,
});

/** Measures a step at so many milliseconds an operation, and keeps what it measured. */
function measuring(ms: (size: number) => number) {
  const measured: number[] = [];
  const measure = ({ work }: Candidate) => {
    measured.push(work);
    const step = ms(work) * work;
    return Promise.resolve({ memoryBytes: 10 * work, pace: { step, evaluation: step, token: step } });
  };
  return { measured, measure };
}

/** Best near a step of 5 ms. */
const near = (_: Candidate, { step }: { step: number }) => outcome(Math.abs(step - 5));

test("the smallest is tried first, then what would be best by its pace, until the best was tried", async () => {
  const { measured, measure } = measuring(() => 1);
  const [best, ...others] = await tryModels(models, { memoryBytes: 1000, measure, fit: near });
  expect(best.candidate.work).toBe(4);
  expect(best.pace.step).toBe(4);
  expect(best.outcome.bitsPerByte).toBe(1);
  expect(measured).toEqual([1, 4]);
  expect(others.map(({ candidate }) => candidate.work)).toEqual([1]);
});

test("a pace that is not what a smaller model told changes the choice", async () => {
  const { measured, measure } = measuring((size) => (size > 1 ? 0.5 : 1));
  const [best] = await tryModels(models, { memoryBytes: 1000, measure, fit: near });
  expect(measured).toEqual([1, 4, 8]);
  expect(best.candidate.work).toBe(8);
});

test("no more than four are tried: the best of these it is then", async () => {
  const { measured, measure } = measuring((size) => 1 / size); // every one is better than it was thought to be
  const larger = (candidate: Candidate, { step }: { step: number }) => outcome(step - candidate.work / 100);
  const [best] = await tryModels(models, { memoryBytes: 1000, measure, fit: larger });
  expect(measured.length).toBeLessThanOrEqual(4);
  expect(best.outcome.bitsPerByte).toBe(Math.min(...measured.map((size) => 1 - size / 100)));
});

test("what does not fit into memory is not chosen, by its weights or by its steps", async () => {
  const { measured, measure } = measuring(() => 1);
  const [best] = await tryModels(models, { memoryBytes: 30, measure, fit: near });
  expect(measured).toEqual([1, 4, 2]);
  expect(best.candidate.work).toBe(2);
  const weights = measuring(() => 1);
  const nothing = tryModels(models, { memoryBytes: 0, measure: weights.measure, fit: near });
  await expect(nothing).rejects.toThrow("the smallest model does not fit into memory");
  expect(weights.measured).toEqual([]);
});

test("where nothing can be measured it is said why, and where there is no time for a step too", async () => {
  const measure = () => Promise.resolve({ memoryBytes: 1, pace: "a few steps of it take more than 20 seconds" });
  const late = tryModels(models, { memoryBytes: 1000, measure, fit: near });
  await expect(late).rejects.toMatchObject({
    code: "INVALID_INPUT",
    message: "no plan can be made: a few steps of it take more than 20 seconds",
  });
  const none = tryModels(models, { memoryBytes: 1000, measure: measuring(() => 1).measure, fit: () => null });
  await expect(none).rejects.toThrow("there is not the time to prepare the text and take a step");
});
