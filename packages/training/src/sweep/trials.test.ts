import { expect, test } from "vitest";
import { drawTrials, usualTrials } from "./trials.js";

const rates = { name: "learningRate", from: 1e-4, to: 1e-2, isWhole: false };
const layers = { name: "nLayer", values: [4, 6, 8] };

test("of lists every combination is tried, once", () => {
  const vary = [layers, { name: "batchSize", values: [8, 16] }];
  expect(usualTrials(vary)).toBe(6);
  const trials = drawTrials(vary, 6, 1);
  expect(new Set(trials.map((each) => JSON.stringify(each))).size).toBe(6);
  expect(drawTrials(vary, 20, 1)).toHaveLength(6);
  expect(drawTrials(vary, 4, 1)).toHaveLength(4);
});

test("a wide range is divided by factors: every trial has a part of its own, as often as a value of a list", () => {
  expect(usualTrials([rates, layers])).toBe(12);
  expect(usualTrials([rates, rates, layers])).toBe(27);
  const trials = drawTrials([rates, layers], 12, 7);
  const drawn = trials.map((each) => Number(each["learningRate"])).toSorted((a, b) => a - b);
  for (const [i, rate] of drawn.entries()) expect(rate).toBeCloseTo(1e-4 * 100 ** ((i + 0.5) / 12), 4);
  for (const value of layers.values) expect(trials.filter((each) => each["nLayer"] === value)).toHaveLength(4);
  expect(drawTrials([rates, layers], 12, 7)).toEqual(trials);
  expect(drawTrials([rates, layers], 12, 8)).not.toEqual(trials);
});

test("a narrow range, or one from 0, is divided by differences; whole numbers stay whole", () => {
  const dropout = { name: "dropout", from: 0, to: 0.4, isWhole: false };
  const values = drawTrials([dropout], 4, 1).map((each) => Number(each["dropout"]));
  expect(values.toSorted((a, b) => a - b)).toEqual([0.05, 0.15, 0.25, 0.35]);
  const whole = drawTrials([{ name: "batchSize", from: 2, to: 6, isWhole: true }], 4, 1);
  const sizes = whole.map((each) => Number(each["batchSize"])).toSorted((a, b) => a - b);
  expect(sizes).toEqual([3, 4, 5, 6]);
});
