import { expect, test } from "vitest";
import { configEvent, evalEvent, startEvent, stepEvent } from "../../test/events.js";
import { style } from "../display/style.js";
import { visibleWidth } from "../display/visible.js";
import { liveLines, lossCurve } from "./live-lines.js";
import { RunProgress } from "./run-progress.js";

const view = { columns: 100, unicode: true, paint: style(false) };

function progressed() {
  const progress = new RunProgress();
  for (const event of [configEvent, startEvent, stepEvent(1, 8), stepEvent(100, 6), evalEvent(100, 6.2, true)]) {
    progress.take(event);
  }
  return progress;
}

test("before the first step there is little to show", () => {
  const progress = new RunProgress();
  expect(liveLines(progress, view)).toEqual([]);
  progress.take(startEvent);
  expect(liveLines(progress, view)).toEqual(["the first step ..."]);
});

test("bar, losses, speed and curve", () => {
  const progress = progressed();
  progress.take(stepEvent(240, 5));
  const lines = liveLines(progress, view);
  expect(lines.slice(0, 3)).toEqual([
    "████▊░░░░░░░░░░░░░░░░░░░░░░░░░ 16 % · step 240/1,500 · 1 min 20 s left",
    "loss 5.0000 · validation 6.2000 · best 6.2000 at step 100 · lr 5.00e-4 · grad 0.8312",
    "epoch 1/3 · 12.3k tokens/s · 83 ms/step · 600 MiB memory",
  ]);
  expect(lines).toHaveLength(14);
  expect(lines.join("\n")).toContain("◆");
  expect(lines.at(-1)).toBe("        loss:  ⠒ training   ◆ validation");
});

test("on a GPU its memory is shown", () => {
  const progress = progressed();
  progress.take({ ...stepEvent(240, 5), gpuPeakBytes: 19 * 1024 ** 3 });
  expect(liveLines(progress, view)[2]).toBe("epoch 1/3 · 12.3k tokens/s · 83 ms/step · 19.0 GiB GPU memory at most");
});

test("the best stays the best when a later validation is worse, and the test is not one of them", () => {
  const progress = progressed();
  progress.take(evalEvent(200, 6.9, false));
  progress.take({ ...evalEvent(200, 1, false), split: "test" });
  expect(liveLines(progress, view)[1]).toContain("validation 6.9000 · best 6.2000 at step 100");
});

test("steps that fp16 skipped are shown with the gradient's norm", () => {
  const progress = new RunProgress();
  progress.take({ ...stepEvent(9, 8), gradNorm: Infinity, skippedSteps: 2 });
  expect(liveLines(progress, view)[1]).toMatch(/grad .* · 2 skipped$/);
});

test("without a validation there is none to show", () => {
  const progress = new RunProgress();
  progress.take(stepEvent(1, 8));
  expect(liveLines(progress, { ...view, unicode: false })).toEqual([
    "------------------------------ 0 % | step 1/1,500 | 1 min 20 s left",
    "loss 8.0000 | lr 5.00e-4 | grad 0.8312",
    "epoch 1/3 | 12.3k tokens/s | 83 ms/step | 600 MiB memory",
  ]);
});

test("a narrow terminal gets a short bar, a narrow curve, then none", () => {
  expect(visibleWidth(liveLines(progressed(), { ...view, columns: 50 })[0] ?? "")).toBeLessThan(50);
  expect(
    liveLines(progressed(), { ...view, columns: 40 })
      .slice(3)
      .every((line) => visibleWidth(line) <= 40),
  ).toBe(true);
  expect(liveLines(progressed(), { ...view, columns: 20 })).toHaveLength(3);
});

test("the legend names what is drawn alone, by the signs of the terminal", () => {
  const points = [6, 5, 4, 3].map((loss, step) => ({ step, loss }));
  const legend = (trained: boolean, validated: boolean, unicode: boolean) =>
    lossCurve(
      { trainPoints: trained ? points : [], validationPoints: validated ? points : [] },
      { ...view, unicode },
    ).at(-1);
  expect(legend(true, false, true)).toBe("        loss:  ⠒ training");
  expect(legend(true, true, false)).toBe("        loss:  * training   o validation");
  expect(legend(false, true, false)).toBe("        loss:  o validation");
  expect(legend(false, false, true)).toBeUndefined();
});
