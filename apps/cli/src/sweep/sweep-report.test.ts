import type { SweptTrial } from "@trainer/training";
import { expect, test } from "vitest";
import { style } from "../display/style.js";
import { sweepReport, trialLine } from "./sweep-report.js";

const screen = { tty: false, columns: () => 60, rowWidth: () => 60, color: false, unicode: false, live: false };
const out = { screen, paint: style(false) };

const trial = (i: number, more: Partial<SweptTrial>): SweptTrial => ({
  runId: `s-${i}`,
  settings: { learningRate: i / 1000 },
  steps: 30,
  part: 0,
  result: null,
  points: [],
  failure: null,
  ...more,
});
const points = [
  { step: 10, tokens: 100, loss: 3, bitsPerByte: 2.5 },
  { step: 30, tokens: 300, loss: 2, bitsPerByte: 2 },
];

const unlike = points.map((point) => ({ ...point, bitsPerByte: null }));

test("the trials stand in a table with how far they came, the best is drawn and named", () => {
  const lines = sweepReport(
    {
      sweepId: "s",
      trials: [
        trial(1, { part: 1, result: { step: 30, tokens: 300, loss: 2, bitsPerByte: 2 }, points }),
        trial(2, {
          part: 1 / 3,
          result: { step: 10, tokens: 100, loss: 3, bitsPerByte: null },
          settings: {},
          points: unlike,
        }),
        trial(3, {}),
        trial(4, { failure: "the loss became NaN" }),
      ],
    },
    out,
    " --home h",
  );
  expect(lines.slice(0, 5)).toEqual([
    "   run  learning-rate  trained  bits per byte",
    "o  s-1  0.001          all      2.0000",
    "x  s-2                 1/3      3.0000 nats",
    "+  s-3  0.003          -        -",
    "*  s-4  0.004          -        failed",
  ]);
  expect(lines.join("\n").match(/o/g)?.length).toBeGreaterThan(10);
  expect(lines.slice(-6)).toEqual([
    "",
    "s-4 failed: the loss became NaN",
    "",
    "The best one, at 2.0000:",
    "  trainer runs show s-1 --home h",
    '  trainer generate s-1 --home h --prompt "Once"',
  ]);
});

test("a trial that was dropped is the best one where its figure is the lowest, which is said", () => {
  const [sooner, later] = [
    { step: 10, tokens: 100, loss: 2, bitsPerByte: 1.5 },
    { step: 30, tokens: 300, loss: 3, bitsPerByte: 2 },
  ];
  const dropped = trial(2, { part: 1 / 3, result: sooner, points: [sooner] });
  const lines = sweepReport(
    { sweepId: "s", trials: [trial(1, { part: 1, result: later, points: [later] }), dropped, trial(3, {})] },
    out,
    " --server u",
  );
  expect(lines.slice(-5)).toEqual([
    "The best one, at 1.5000:",
    "  trainer runs show s-2 --server u",
    '  trainer generate s-2 --server u --prompt "Once"',
    "It was lower after 1/3 of its training than s-1, which came furthest (2.0000). To train it on:",
    "  trainer resume s-2 --max-steps 30 --server u",
  ]);
});

test("where nothing came of it, there is no curve and no best one; more trials than glyphs have none", () => {
  const failed = trial(1, { failure: "no", settings: { modelFamily: "gpt2" } });
  const lines = sweepReport({ sweepId: "s", trials: [failed] }, out, "");
  expect(lines).toHaveLength(4);
  expect(lines[1]).toBe("o  s-1  gpt2          -        failed");
  expect(sweepReport({ sweepId: "s", trials: [] }, out, "")).toHaveLength(1);
  const nine = Array.from({ length: 9 }, (_, i) => trial(i + 1, {}));
  expect(sweepReport({ sweepId: "s", trials: nine }, out, "")[9]).toMatch(/^ +s-9/);
});

test("a trial that comes to a part of its training is told with its bits per byte, or that it failed", () => {
  expect(trialLine(trial(1, { result: { step: 1, tokens: 1, loss: 2, bitsPerByte: 1.5 } }), 1 / 3)).toBe(
    "s-1 after 33 %: 1.5000",
  );
  expect(trialLine(trial(2, { failure: "no" }), 1)).toBe("s-2 after 100 %: failed");
});
