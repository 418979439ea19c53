import { inflateSync } from "node:zlib";
import { expect, test } from "vitest";
import { Canvas } from "./canvas.js";
import { lossChart } from "./loss-chart.js";

const rest = {
  epoch: 0,
  tokens: 1,
  train_ppl: null,
  lr: null,
  grad_norm: null,
  tokens_per_sec: null,
  step_ms: null,
  eta_seconds: null,
  rss_bytes: null,
};
const steps = (...losses: (number | null)[]) =>
  losses.map((train_loss, i) => Object.assign({ step: i + 1, train_loss }, rest));
const evaluation = (loss: number | null, step = 1) =>
  ({ step, epoch: 0, tokens: 1, split: "validation", loss, ppl: null, bits_per_byte: null }) as const;

/** Number of pixels of a PNG by color of its palette. */
function colors(png: Buffer | null): number[] {
  if (png === null) throw new Error("no chart");
  const start = png.indexOf("IDAT");
  const data = inflateSync(png.subarray(start + 4, start + 4 + png.readUInt32BE(start - 4)));
  const counts = [0, 0, 0, 0, 0];
  for (let row = 0; row < 200; row++)
    for (const color of data.subarray(row * 481 + 1, (row + 1) * 481)) counts[color] = (counts[color] ?? 0) + 1;
  return counts;
}

test("a curve needs two losses that are numbers; validations are marked on it", () => {
  expect(lossChart({ steps: steps(3), evaluations: [evaluation(3)] })).toBeNull();
  expect(lossChart({ steps: steps(3, null, Infinity), evaluations: [] })).toBeNull();
  const [, grid, text, train, none] = colors(lossChart({ steps: steps(3, 2, 1), evaluations: [evaluation(null)] }));
  expect([grid, text, train].every((count) => Number(count) > 50)).toBe(true);
  expect(none).toBe(0);
  const marked = colors(lossChart({ steps: steps(3, 2, 1), evaluations: [evaluation(2, 2), evaluation(1, 3)] }));
  expect(marked[4]).toBe(72);
});

test("what does not vary is drawn as a line, and what is large has no decimals", () => {
  const flat = colors(lossChart({ steps: [...steps(2), ...steps(2)], evaluations: [] })); // twice the same step
  expect(flat[3]).toBeGreaterThan(0);
  const small = colors(lossChart({ steps: steps(2, 1), evaluations: [] }));
  const large = colors(lossChart({ steps: steps(20_000, 10_000), evaluations: [] }));
  expect(large[2]).not.toBe(small[2]);
});

test("what lies outside of a canvas is not drawn, and what it has no sign for leaves a gap", () => {
  const canvas = new Canvas(10, 10);
  canvas.rect(-5, -5, 7, 7, 1);
  canvas.rect(20, 20, 5, 5, 1);
  expect(canvas.pixels.filter((color) => color === 1)).toHaveLength(4);
  canvas.number("e", 0, 0, 2);
  expect(canvas.pixels.includes(2)).toBe(false);
});
