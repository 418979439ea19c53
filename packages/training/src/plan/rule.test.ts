import { expect, test } from "vitest";
import { expectedBits, mostParameters, passesUntilOverfit, settingsFor, vocabularyFor, worthOf } from "./rule.js";

const shakespeare = { bytes: 1_026_000, gzipBits: 3.11, countingBits: 2.344 };
const python = { bytes: 5_520_000, gzipBits: 1.72, countingBits: 1.824 };

/** Runs that the rule was not fitted to by more than a constant: docs/decisions/057. */
test.each([
  ["2 x 64 on Shakespeare, 900 steps", shakespeare, 94_500, 2_640_000, 2.09],
  ["2 x 64 on Shakespeare, 2,700 steps", shakespeare, 94_500, 7_900_000, 1.903],
  ["4 x 128 on Shakespeare, 300 steps", shakespeare, 804_000, 880_000, 2.322],
  ["4 x 128 on Shakespeare, 900 steps", shakespeare, 804_000, 2_640_000, 1.986],
  ["6 x 256 on Shakespeare, 300 steps", shakespeare, 4_700_000, 880_000, 2.388],
  ["4 x 128 on Shakespeare, 2,400 steps", shakespeare, 804_000, 7_030_000, 1.808],
  ["2 x 64 on Python, 900 steps", python, 94_500, 2_790_000, 1.617],
])("%s: what is expected is within 4 percent of what was measured", (_, text, parameters, bytesSeen, measured) => {
  const expected = expectedBits(text, { parameters, bytesSeen });
  expect(Math.abs(expected / measured - 1)).toBeLessThan(0.04);
});

test("repeated text is worth less each time, and the first time all of itself", () => {
  expect(worthOf(500, 1000)).toBe(500);
  expect(worthOf(1000, 1000)).toBe(1000);
  const worths = [1, 2, 4, 8, 16, 64].map((passes) => worthOf(1000 * passes, 1000));
  for (const [i, worth] of worths.slice(1).entries()) expect(worth).toBeGreaterThan(worths[i] ?? Infinity);
  expect(worths[1]).toBeGreaterThan(1950);
  expect(worths[5]).toBeLessThan(16_000);
});

test("a model of more parameters than there are bytes overfits sooner", () => {
  expect(passesUntilOverfit({ bytes: 1e6 }, 1e5)).toBe(12);
  expect(passesUntilOverfit({ bytes: 1e6 }, 16e6)).toBeCloseTo(6, 9);
  expect(mostParameters({ bytes: 1e6 })).toBe(4e6);
});

test("the rate falls with the width, a batch grows with it, and a GPU has larger ones", () => {
  const cpu = [64, 128, 256, 512].map((width) => settingsFor({ width, heads: 4 }, "cpu"));
  expect(cpu.map(({ learningRate }) => learningRate)).toEqual([0.008, 0.004, 0.002, 0.001]);
  expect(cpu.map(({ batchSize }) => batchSize)).toEqual([4, 4, 8, 8]);
  expect(settingsFor({ width: 32, heads: 1 }, "cpu").learningRate).toBe(0.008);
  expect(settingsFor({ width: 512, heads: null }, "cpu").learningRate).toBe(0.002);
  const gpu = [128, 512].map((width) => settingsFor({ width, heads: 4 }, "cuda"));
  expect(gpu.map(({ maxSeqLen, batchSize }) => [maxSeqLen, batchSize])).toEqual([
    [128, 32],
    [512, 32],
  ]);
});

test("a vocabulary is as large as the text fills and the time allows to learn", () => {
  expect(vocabularyFor(50_000, 6000)).toBe(1024);
  expect([10, 600, 6000].map((seconds) => vocabularyFor(20e6, seconds))).toEqual([2048, 4096, 8192]);
});
