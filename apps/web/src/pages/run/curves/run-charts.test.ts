import type { EvalMetrics, StepMetrics } from "@trainer/platform/browser";
import { expect, test } from "vitest";
import { axes } from "../../../parts/curves-view/view.js";
import { axisNames, placesOn, showOn } from "../../../parts/curves-view/axis.js";
import { bestOf, runCharts } from "./run-charts.js";
import { smoothed } from "../../../parts/curves-view/smooth.js";

const step = (at: number, more: Partial<StepMetrics> = {}): StepMetrics => ({
  step: at,
  epoch: 0,
  tokens: at * 100,
  train_loss: 4 - at / 100,
  train_ppl: 1,
  lr: 0.001,
  grad_norm: 0.5,
  tokens_per_sec: 1000,
  step_ms: 36_000,
  eta_seconds: 1,
  rss_bytes: 1 << 20,
  ...more,
});
const evaluation = (at: number, loss: number | null, more: Partial<EvalMetrics> = {}): EvalMetrics => ({
  step: at,
  epoch: 0,
  tokens: at * 100,
  split: "validation",
  loss,
  ppl: 1,
  bits_per_byte: 2,
  ...more,
});

const STEPS = [step(1), step(10), step(20, { epoch: 1 })];

test("steps stand where the axis has them, and so does any step between and beyond", () => {
  const on = (axis: (typeof axes)[number], perEpoch: number | null = null) => {
    const { steps, at } = placesOn(axis, STEPS, perEpoch);
    return [[...steps], at(15), at(40), at(0)];
  };
  expect(on("step")).toEqual([[1, 10, 20], 15, 40, 0]);
  expect(on("tokens")).toEqual([[100, 1000, 2000], 1500, 4000, 0]);
  expect(on("epoch", 10)).toEqual([[0.1, 1, 2], 1.5, 4, 0]);
  expect(on("epoch")).toEqual([[1 / 19, 10 / 19, 20 / 19], 15 / 19, 40 / 19, 0]);
  const [places, between, beyond] = on("hours");
  expect(places).toEqual([0.01, expect.closeTo(0.1), expect.closeTo(0.2)]);
  expect([between, beyond]).toEqual([expect.closeTo(0.15), expect.closeTo(0.4)]);
});

test("without steps there are no places, and in the first epoch it is as long as it is so far", () => {
  expect([...placesOn("epoch", [], null).steps]).toEqual([]);
  expect(placesOn("epoch", [step(8)], null).at(4)).toBe(0.5);
  expect(placesOn("tokens", [], null).at(3)).toBe(0);
  expect(placesOn("hours", [step(10, { step_ms: null })], null).at(3)).toBe(0);
});

test("places are told in the axis' unit", () => {
  expect(axes.map((axis) => showOn[axis](1234.5678))).toEqual(["1,235", "1.2K", "1234.57", "1234.57 h"]);
  expect([showOn.hours(0), showOn.hours(0.05)]).toEqual(["0 h", "3.0000 min"]);
  expect(axes.map((axis) => axisNames[axis])).toEqual(["step", "tokens", "epoch", "hours"]);
});

test("a smoothed curve begins at its first value, and is as noisy as the weight leaves it", () => {
  expect([...smoothed(Float64Array.of(4, 2, Number.NaN, 2), 0.5)]).toEqual([
    4,
    2 + 2 / 3,
    Number.NaN,
    expect.closeTo(2.2857),
  ]);
  expect([...smoothed(Float64Array.of(5, 1), 0)]).toEqual([5, 1]);
});

const places = placesOn("step", STEPS, null);
const titlesOf = (history: Parameters<typeof runCharts>[0], smooth = 0, clip: number | null = null) =>
  runCharts(history, places, { smooth, clip }).map(({ title, curves }) =>
    [title].concat(curves.map(({ label }) => label)),
  );

test("what was logged has a chart, what was not has none", () => {
  expect(titlesOf({ steps: STEPS, evaluations: [] })).toEqual([
    ["Loss", "Training"],
    ["Learning rate", "Learning rate"],
    ["Gradient norm", "Gradient norm"],
    ["Tokens per second", "Tokens per second"],
    ["Time of a step", "Time of a step"],
    ["Memory", "Of the program"],
  ]);
  expect(titlesOf({ steps: [], evaluations: [] })).toEqual([]);
  const bare = STEPS.map((row) => ({ ...row, lr: null, grad_norm: null, tokens_per_sec: null, step_ms: null }));
  expect(titlesOf({ steps: bare, evaluations: [] }).map(([title]) => title)).toEqual(["Loss", "Memory"]);
});

test("noisy curves are drawn twice where they are smoothed, and validations and tests are points", () => {
  const evaluations = [
    evaluation(10, 3),
    evaluation(20, null),
    evaluation(20, 2.5, { split: "test", bits_per_byte: null }),
  ];
  const history = { steps: STEPS.map((row) => ({ ...row, gpu_peak_bytes: 5 })), evaluations };
  expect(titlesOf(history, 0.9)).toEqual([
    ["Loss", "Training, each step", "Training", "Validation", "Test"],
    ["Learning rate", "Learning rate"],
    ["Gradient norm", "Gradient norm, each step", "Gradient norm"],
    ["Tokens per second", "Tokens per second, each step", "Tokens per second"],
    ["Time of a step", "Time of a step, each step", "Time of a step"],
    ["Memory", "Of the program", "Most on the GPU"],
    ["Bits per byte", "Validation"],
  ]);
  const validation = runCharts(history, places, { smooth: 0, clip: null })[0]?.curves[1];
  expect([validation?.look, [...(validation?.x ?? [])], [...(validation?.y ?? [])]]).toEqual(["points", [10], [3]]);
});

test("texts that are mixed have their own points, of what each was validated on, and what an objective tells a chart each", () => {
  const of = (wiki: number, own: number | null) => ({
    sources: [
      { source: "wiki", loss: wiki, ppl: null, bits_per_byte: null, tokens: 5 },
      { source: "own", loss: own, ppl: null, bits_per_byte: 2, tokens: 5 },
    ],
  });
  const evaluations = [
    evaluation(10, 3, { ...of(2, 4), figures: { kd_loss: 1 } }),
    evaluation(20, 2, of(1, null)),
    evaluation(20, 2, { ...of(9, 9), split: "test", figures: { kd_loss: 2 } }),
  ];
  const steps = STEPS.map((row) => ({ ...row, figures: { "rewards/margins": row.step } }));
  const charts = runCharts({ steps, evaluations }, places, { smooth: 0, clip: null });
  expect(titlesOf({ steps, evaluations }).slice(7)).toEqual([
    ["Validation loss of each text", "wiki", "own"],
    ["Bits per byte of each text", "own"],
    ["rewards/margins", "Training"],
    ["kd_loss", "Training", "Validation", "Test"],
  ]);
  expect(charts[7]?.curves.map(({ x, y }) => [[...x], [...y]])).toEqual([
    [
      [10, 20],
      [2, 1],
    ],
    [[10], [4]],
  ]);
  expect([...(charts[9]?.curves[0]?.y ?? [])]).toEqual([1, 10, 20]);
});

test("the line that gradients are clipped at is drawn, unless they are not", () => {
  const levels = (clip: number | null) =>
    runCharts({ steps: STEPS, evaluations: [] }, places, { smooth: 0, clip }).flatMap((chart) => chart.levels);
  expect(levels(0.5)).toEqual([{ y: 0.5, label: "clipped at 0.5", color: "--bad" }]);
  expect([...levels(0), ...levels(null)]).toEqual([]);
});

test("axes have units", () => {
  const shown = runCharts({ steps: STEPS, evaluations: [evaluation(10, 3)] }, places, { smooth: 0, clip: null }).map(
    ({ title, showY }) => [title, showY(0), showY(2048), showY(120_000)],
  );
  expect(shown).toEqual([
    ["Loss", "0.0000", "2048.0", "1.20e+5"],
    ["Learning rate", "0", "2.0e+3", "1.2e+5"],
    ["Gradient norm", "0.0000", "2048.0", "1.20e+5"],
    ["Tokens per second", "0", "2K", "120K"],
    ["Time of a step", "0.0000 ms", "2,048 ms", "2 min 0 s"],
    ["Memory", "0 B", "2.0 KiB", "117 KiB"],
    ["Bits per byte", "0.0000", "2048.0", "1.20e+5"],
  ]);
});

test("the best is the validation with the least loss, the first of equals", () => {
  expect(
    bestOf([
      evaluation(1, null),
      evaluation(2, 3),
      evaluation(3, 2),
      evaluation(4, 2),
      evaluation(5, 1, { split: "test" }),
    ]),
  ).toEqual([{ step: 3, loss: 2 }]);
  expect(bestOf([])).toEqual([]);
});
