import { expect, test } from "vitest";
import {
  expectedBits,
  mostParameters,
  optimizerFor,
  passesUntilOverfit,
  ratesFor,
  settingsFor,
  vocabularyFor,
  worthOf,
} from "./rule.js";

const shakespeare = { bytes: 1_026_000, gzipBits: 3.11, countingBits: 2.344 };
const python = { bytes: 5_520_000, gzipBits: 1.72, countingBits: 1.824 };

/** Runs that the rule was not fitted to by more than a constant: docs/decisions/057. */
test.each([
  ["2 x 64 on Shakespeare, 900 steps", shakespeare, "adamw", 94_500, 2_640_000, 2.09],
  ["2 x 64 on Shakespeare, 2,700 steps", shakespeare, "adamw", 94_500, 7_900_000, 1.903],
  ["4 x 128 on Shakespeare, 300 steps", shakespeare, "adamw", 804_000, 880_000, 2.322],
  ["4 x 128 on Shakespeare, 900 steps", shakespeare, "adamw", 804_000, 2_640_000, 1.986],
  ["6 x 256 on Shakespeare, 300 steps", shakespeare, "adamw", 4_700_000, 880_000, 2.388],
  ["4 x 128 on Shakespeare, 2,400 steps", shakespeare, "adamw", 804_000, 7_030_000, 1.808],
  ["2 x 64 on Python, 900 steps", python, "adamw", 94_500, 2_790_000, 1.617],
  ["2 x 64 on Shakespeare, 300 steps of Muon", shakespeare, "muon", 94_500, 880_000, 2.232],
  ["2 x 64 on Shakespeare, 900 steps of Muon", shakespeare, "muon", 94_500, 2_640_000, 1.993],
  ["4 x 128 on Shakespeare, 300 steps of Muon", shakespeare, "muon", 804_000, 880_000, 2.155],
  ["6 x 256 on Shakespeare, 300 steps of Muon", shakespeare, "muon", 4_700_000, 880_000, 2.141],
  ["2 x 64 on Python, 900 steps of Muon", python, "muon", 94_500, 2_790_000, 1.457],
  ["4 x 128 on Python, 900 steps of Muon", python, "muon", 804_000, 2_790_000, 1.361],
])(
  "%s: what is expected is within 5 percent of what was measured",
  (_, text, optimizer, parameters, bytesSeen, measured) => {
    const expected = expectedBits(text, { parameters, bytesSeen, optimizer });
    expect(Math.abs(expected / measured - 1)).toBeLessThan(0.05);
  },
);

test("repeated text is worth less each time, and the first time all of itself", () => {
  expect(worthOf(500, 1000)).toBe(500);
  expect(worthOf(1000, 1000)).toBe(1000);
  const worths = [1, 2, 4, 8, 16, 64].map((passes) => worthOf(1000 * passes, 1000));
  for (const [i, worth] of worths.slice(1).entries()) expect(worth).toBeGreaterThan(worths[i] ?? Infinity);
  expect(worths[1]).toBeGreaterThan(1950);
  expect(worths[5]).toBeLessThan(16_000);
});

test("a model of more parameters than there are bytes overfits sooner, and with Muon each does", () => {
  expect(passesUntilOverfit({ bytes: 1e6 }, { parameters: 1e5, optimizer: "adamw" })).toBe(12);
  expect(passesUntilOverfit({ bytes: 1e6 }, { parameters: 16e6, optimizer: "adamw" })).toBeCloseTo(6, 9);
  expect(passesUntilOverfit({ bytes: 1e6 }, { parameters: 1e5, optimizer: "muon" })).toBe(7);
  expect(mostParameters({ bytes: 1e6 })).toBe(4e6);
});

test("a model with attention is planned with Muon on a processor, others with AdamW", () => {
  expect(optimizerFor({ heads: 4 }, "cpu")).toBe("muon");
  expect(optimizerFor({ heads: null }, "cpu")).toBe("adamw");
  expect(optimizerFor({ heads: 4 }, "cuda")).toBe("adamw");
});

test("AdamW's rate falls with the width, Muon's do not, and other optimizers keep theirs", () => {
  const rates = (optimizer: string, width: number, heads: number | null = 4) => ratesFor(optimizer, { width, heads });
  expect([64, 128, 256, 512].map((width) => rates("adamw", width)["learningRate"])).toEqual([
    0.008, 0.004, 0.002, 0.001,
  ]);
  expect(rates("adamw", 32)["learningRate"]).toBe(0.008);
  expect(rates("adamw", 512, null)["learningRate"]).toBe(0.002);
  expect(rates("muon", 64)).toEqual(rates("muon", 512));
  expect(rates("sgd", 64)).toEqual({});
});

test("a batch grows with the width, and with Muon, and a GPU has larger ones", () => {
  const sizes = (optimizer: string) =>
    [64, 128, 256].map((width) => settingsFor({ width }, "cpu", optimizer).batchSize);
  expect([sizes("adamw"), sizes("muon")]).toEqual([
    [4, 4, 8],
    [8, 8, 8],
  ]);
  const gpu = [128, 512].map((width) => settingsFor({ width }, "cuda", "adamw"));
  expect(gpu.map(({ maxSeqLen, batchSize }) => [maxSeqLen, batchSize])).toEqual([
    [128, 32],
    [512, 32],
  ]);
});

test("a vocabulary is as large as the text fills and the time allows to learn", () => {
  expect(vocabularyFor(50_000, 6000)).toBe(1024);
  expect([10, 600, 6000].map((seconds) => vocabularyFor(20e6, seconds))).toEqual([2048, 4096, 8192]);
});
