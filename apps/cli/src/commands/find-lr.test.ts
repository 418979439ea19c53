import { expect, test } from "vitest";
import { style } from "../display/style.js";
import { report } from "./find-lr.js";

const points = Array.from({ length: 9 }, (_, i) => ({
  step: i + 1,
  lr: 10 ** (i / 2 - 4),
  loss: 0,
  smoothedLoss: i < 6 ? 6 - i / 2 : i / 2,
}));
const found = { learningRate: 0.001, points, batchSize: 4, maxSeqLen: 128, device: "cpu", precision: "fp32" } as const;
const screen = { tty: false, columns: () => 40, rowWidth: () => 40, color: false, unicode: false, live: false };
const out = { screen, paint: style(false) };

test("a report draws the losses over the rates, marks the one it proposes and says how to take it", () => {
  const lines = report(found, out);
  expect(lines).toHaveLength(12 + 5);
  expect(lines[11]?.trim()).toMatch(/^1e-4 +learning rate 1e\+0$/);
  expect(lines.slice(0, 10).join("\n").match(/o/g)).toHaveLength(1);
  expect(lines.slice(-4)).toEqual([
    "learning rate  0.001  (4 sequences of 128 tokens a batch, cpu, fp32)",
    "",
    "Add it to the options of the training, with a rate that falls to 0 at the end:",
    "  --learning-rate 0.001 --lr-schedule linear --warmup-steps 50",
  ]);
});

test("where no step had a loss, there is no curve, and it is said what to try", () => {
  const lines = report({ ...found, learningRate: null, points: [] }, out);
  expect(lines).toEqual([
    "No step had a finite loss (4 sequences of 128 tokens a batch, cpu, fp32): begin with a lower --from.",
  ]);
});
