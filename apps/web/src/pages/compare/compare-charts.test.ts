import type { StepMetrics } from "@trainer/platform/browser";
import { describe, expect, it } from "vitest";
import { comparedRun, metricsOf } from "../../testing/compared-run.js";
import { listedRun, someProgress } from "../../testing/listed-run.js";
import { compareCharts, type View } from "./compare-charts.js";

const view: View = { axis: "step", smooth: 0, pinned: new Set(), hidden: new Set() };
const runs = [comparedRun("a"), comparedRun("b", {}, { metrics: metricsOf("b", 2, 6) })];
const chart = (title: string, given: Partial<View> = {}, of = runs) =>
  compareCharts(of, { ...view, ...given }).find((each) => each.title === title);

describe("charts of runs", () => {
  it("have a curve for each run, with what was logged", () => {
    expect(compareCharts(runs, view).map(({ title }) => title)).toEqual([
      "Validation loss",
      "Training loss",
      "Learning rate",
      "Gradient norm",
      "Tokens per second",
    ]);
    const curves = chart("Training loss")?.curves ?? [];
    expect(curves.map(({ label, look }) => [label, look])).toEqual([
      ["a", "line"],
      ["b", "line"],
    ]);
    expect([...(curves[0]?.x ?? [])]).toEqual([1, 2, 3, 4]);
    expect([...(curves[1]?.y ?? [])]).toEqual([6, 5.9]);
    expect([...(chart("Validation loss")?.curves[1]?.y ?? [])]).toEqual([5]); // the test's loss is none of them
  });

  it("smooth what is noisy, and not the learning rate", () => {
    const last = (title: string) => chart(title, { smooth: 0.9 })?.curves[0]?.y.at(-1);
    expect(last("Training loss")).toBeCloseTo(
      (4 * 0.9 ** 3 + 3.9 * 0.9 ** 2 + 3.8 * 0.9 + 3.7) / (0.9 ** 3 + 0.9 ** 2 + 0.9 + 1),
      10,
    );
    expect(last("Learning rate")).toBe(0.001);
  });

  it("leave out runs that are hidden, and put those behind that are not pinned", () => {
    expect(chart("Training loss", { hidden: new Set(["a"]) })?.curves.map(({ label }) => label)).toEqual(["b"]);
    const pinned = chart("Validation loss", { pinned: new Set(["b"]) })?.curves;
    expect(pinned?.map(({ look }) => look)).toEqual(["faint", "line"]);
    expect(chart("Training loss", { hidden: new Set(["a", "b"]) })).toBeUndefined();
  });

  it("stand over epochs by the steps that an epoch has", () => {
    const long = comparedRun(
      "a",
      {},
      { run: listedRun({ training: { ...someProgress, total_steps: 8, total_epochs: 2 } }) },
    );
    const ends = (run: typeof long) => chart("Training loss", { axis: "epoch" }, [run])?.curves[0]?.x.at(-1);
    expect(ends(long)).toBe(1);
    expect(ends({ ...long, run: null })).toBe(1); // four steps of the first epoch are all that is known
    for (const progress of [{ total_epochs: 0 }, { total_steps: 0 }])
      expect(ends({ ...long, run: listedRun({ training: { ...someProgress, ...progress } }) })).toBe(1);
    expect(ends({ ...long, run: listedRun({ training: null }) })).toBe(1);
  });

  it("are none for what no run logged", () => {
    const { steps, ...rest } = metricsOf("a", 2);
    const bare = steps.map((row): StepMetrics => Object.assign(row, { grad_norm: null }));
    const metrics = {
      ...rest,
      steps: bare,
      evaluations: rest.evaluations.map((row) => Object.assign(row, { loss: null })),
    };
    const titles = compareCharts([comparedRun("a", {}, { metrics }), comparedRun("b", {}, { metrics: null })], view);
    expect(titles.map(({ title }) => title)).toEqual(["Training loss", "Learning rate", "Tokens per second"]);
  });

  it("show a learning rate by its exponent, and none as 0", () => {
    const show = chart("Learning rate")?.showY;
    expect([show?.(0.0003), show?.(0)]).toEqual(["3.0e-4", "0"]);
  });
});
