import { aNumber } from "@trainer/testing";
import { expect, test } from "vitest";
import { parseTrainOptions } from "../options/options.js";
import type { Candidate } from "./candidates.js";
import { fitTime, largest } from "./fit-time.js";
import { passesUntilOverfit } from "./rule.js";

const options = { ...parseTrainOptions({ corpus: "text.txt", evaluate: false }), maxSeqLen: 64 };
const candidate: Candidate = {
  decided: {},
  options,
  parameters: 1_100_000,
  body: 1_000_000,
  weightBytes: 1,
  work: 1,
  seqLen: 64,
  batchSize: 4,
  tokensPerStep: 256,
};
const facts = { bytes: 40_000_000, gzipBits: 3, countingBits: 2.4 };
const tokens = { train: 10_000_000, validation: 100_000, test: null };
const size = { vocabSize: 1000, tokens, isSampled: false, seconds: 2 };
const pace = { step: 10, evaluation: 4, token: 1 };
const budget = { seconds: 60, given: new Set<string>(), facts, size };

test("a training fills its time with steps, validations and the preparation of its text", () => {
  const found = fitTime(candidate, pace, budget);
  expect(found?.seconds).toBeGreaterThan(59);
  expect(found?.seconds).toBeLessThanOrEqual(60);
  expect(found?.steps).toBeGreaterThan(5000);
  expect(found?.steps).toBeLessThan(5800);
  expect(found?.passes).toBeCloseTo((Number(found?.steps) * 256) / 10_000_000, 9);
  expect(found?.isTextSpent).toBe(false);
  expect(found?.decided).toMatchObject({ maxSeconds: 60, warmupSteps: 100 });
  expect(found?.decided).not.toHaveProperty("maxSteps");
  expect(Number(found?.decided["evalEvery"])).toBe(Math.ceil(Number(found?.steps) / 10));
});

test("more time is more steps and fewer bits", () => {
  const [short, long] = [60, 600].map((seconds) => fitTime(candidate, pace, { ...budget, seconds }));
  expect(long?.steps).toBeGreaterThan(9 * Number(short?.steps));
  expect(long?.bitsPerByte).toBeLessThan(Number(short?.bitsPerByte));
});

test("a training ends before it overfits, however much time there is", () => {
  const small = { ...facts, bytes: 40_000 };
  const text = { ...size, tokens: { ...tokens, train: 10_000, validation: 1000 } };
  const found = fitTime(candidate, pace, { ...budget, seconds: 6000, facts: small, size: text });
  const passes = passesUntilOverfit(small, { parameters: candidate.body, optimizer: "adamw" });
  expect(found?.steps).toBe(Math.floor((passes * 10_000) / 256));
  expect(found?.isTextSpent).toBe(true);
  expect(found?.decided).toMatchObject({ maxSteps: found?.steps, maxSeconds: aNumber });
});

test("validations take a tenth of the time at most, however slow one of them was", () => {
  const slow = fitTime(candidate, { ...pace, evaluation: 5000 }, budget);
  const likely = fitTime(candidate, { ...pace, evaluation: 10 }, budget);
  expect(slow).toEqual(likely);
  const few = fitTime(candidate, { ...pace, step: 500 }, budget);
  expect(few?.steps).toBeGreaterThan(50);
  expect(Number(few?.decided["evalEvery"]) * 256).toBeGreaterThanOrEqual((10 / 3) * Number(few?.decided["evalTokens"]));
});

test("without the time for a step there is none", () => {
  expect(fitTime(candidate, pace, { ...budget, seconds: 2 })).toBeNull();
});

test("a length that was given stays, whatever the time", () => {
  const given = new Set(["maxSteps", "evalEvery"]);
  const fixed = { ...candidate, options: { ...options, maxSteps: 20_000, evalEvery: 500 } };
  const found = fitTime(fixed, pace, { ...budget, given });
  expect(found).toMatchObject({ steps: 20_000, isTextSpent: false });
  expect(found?.seconds).toBeGreaterThan(200);
  expect(Object.keys(found?.decided ?? {}).toSorted()).toEqual(["evalTokens", "warmupSteps"]);
  const once = fitTime(candidate, pace, { ...budget, given: new Set(["numEpochs"]) });
  expect(once?.passes).toBeCloseTo(1, 3);
});

test("the largest number that is fine is found", () => {
  for (const most of [0, 1, 2, 7, 100]) {
    for (let limit = 0; limit <= most; limit++) expect(largest(most, (count) => count <= limit)).toBe(limit);
  }
});
