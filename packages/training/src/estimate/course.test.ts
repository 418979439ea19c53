import { samplePrompts } from "@trainer/options";
import { expect, test } from "vitest";
import { parseTrainOptions, type TrainInput } from "../options/options.js";
import { courseOf, secondsOf } from "./course.js";

const options = (input: Partial<TrainInput> = {}) => ({
  ...parseTrainOptions({ corpus: "-", ...input }),
  maxSeqLen: 10,
});
const reading = { tokens: { train: 1001, validation: 101, test: 51 }, seqLen: 10, batchSize: 8 };

test("steps are those of the plan, and an epoch's last step counts for what is left", () => {
  // 100 sequences in 13 batches of 8: the last one has 4. Validations of 10 and a test of 5 sequences.
  expect(courseOf(options({ numEpochs: 3 }), reading)).toEqual({
    steps: 39,
    fullness: 100 / 104,
    evaluations: 3 * (10 / 8) + 5 / 8 + 10 / 8,
    samplings: 1,
  });
  expect(courseOf(options({ maxSteps: 20, gradAccumSteps: 2, evaluate: false }), reading)).toEqual({
    steps: 20,
    fullness: 100 / (7 * 2 * 8),
    evaluations: 3 * (10 / 8) + 5 / 8, // after 7, 14 and 20 steps
    samplings: 0,
  });
});

test("a batch of pairs has two sequences for each", () => {
  const pairs = options({ preference: "orpo", format: "preference", numEpochs: 2 });
  expect(courseOf(pairs, reading)).toEqual({
    steps: 14,
    fullness: 50 / 56,
    evaluations: 2 * (5 / 8) + 2.5 / 8 + 5 / 8,
    samplings: 1,
  });
});

test("only as much as is asked for is evaluated, and without a validation the test at the end", () => {
  const { evaluations } = courseOf(options({ evalTokens: 30 }), reading);
  expect(evaluations).toBe(3 / 8 + 3 / 8 + 3 / 8);
  const tokens = { train: 1001, validation: null, test: 51 };
  expect(courseOf(options(), { ...reading, tokens }).evaluations).toBe(5 / 8 + 5 / 8);
  const nothing = { train: 1001, validation: null, test: null };
  expect(courseOf(options(), { ...reading, tokens: nothing }).evaluations).toBe(0);
});

test("texts are written every so many steps, and at the end", () => {
  expect(courseOf(options({ maxSteps: 20, sampleEvery: 6 }), reading).samplings).toBe(3 + 1);
});

test("seconds are those of steps, evaluations and texts", () => {
  const course = { steps: 100, fullness: 0.5, evaluations: 4, samplings: 0 };
  const pace = { step: 20, evaluation: 500, token: 2 };
  expect(secondsOf(course, pace)).toBe(3);
  expect(secondsOf({ ...course, samplings: 3 }, pace)).toBeCloseTo(3 + (3 * 64 * samplePrompts.length * 2) / 1000);
});
