import type { RunStatus, StepMetrics } from "@trainer/platform/browser";
import { count, figure, short } from "../figures.js";
import type { Axis } from "./view.js";

/** Steps on an x axis. */
export interface Places {
  /** Of the logged steps, each. */
  readonly steps: Float64Array;
  /** Of any step, between those that are logged and beyond. */
  at(step: number): number;
  /** The step at a place. */
  stepAt(place: number): number;
}

type Row = Pick<StepMetrics, "step" | "epoch" | "tokens" | "step_ms">;

const HOUR_MS = 3_600_000;

export const axisNames: Readonly<Record<Axis, string>> = {
  step: "step",
  tokens: "tokens",
  epoch: "epoch",
  hours: "hours",
};

export const showOn: Readonly<Record<Axis, (x: number) => string>> = {
  step: (x) => count(Math.round(x)),
  tokens: (x) => short(Math.round(x)),
  epoch: (x) => String(Number(x.toFixed(2))),
  hours: (x) => (x >= 0.1 || x === 0 ? `${Number(x.toFixed(2))} h` : `${figure(x * 60)} min`),
};

/** @param stepsPerEpoch null where only the steps themselves tell */
export function placesOn(axis: Axis, rows: readonly Row[], stepsPerEpoch: number | null): Places {
  const steps = Float64Array.from(rows, ({ step }) => step);
  switch (axis) {
    case "step":
      return { steps, at: (step) => step, stepAt: (place) => place };
    case "epoch": {
      const length = stepsPerEpoch ?? epochLength(rows);
      return {
        steps: steps.map((step) => step / length),
        at: (step) => step / length,
        stepAt: (place) => place * length,
      };
    }
    case "tokens":
      return between(
        steps,
        Float64Array.from(rows, ({ tokens }) => tokens),
      );
    case "hours": {
      let hours = 0;
      let before = 0;
      // A thinned row stands for the steps since the one before it.
      const places = Float64Array.from(rows, ({ step, step_ms: ms }) => {
        hours += ((step - before) * (ms ?? 0)) / HOUR_MS;
        before = step;
        return hours;
      });
      return between(steps, places);
    }
  }
}

/** By a run's progress; null where it does not tell. */
export const stepsPerEpoch = (run: Pick<RunStatus, "training"> | null): number | null =>
  run === null || run.training === null || run.training.total_epochs === 0 || run.training.total_steps === 0
    ? null
    : run.training.total_steps / run.training.total_epochs;

/** By the first step that is logged of the last epoch. */
function epochLength(rows: readonly Row[]): number {
  const last = rows.at(-1);
  if (last === undefined) return 1;
  if (last.epoch === 0) return last.step;
  const first = Number(rows.find(({ epoch }) => epoch === last.epoch)?.step);
  return Math.max(1, first - 1) / last.epoch;
}

const between = (steps: Float64Array, places: Float64Array): Places => ({
  steps: places,
  at: (step) => interpolated(steps, places, step),
  stepAt: (place) => interpolated(places, steps, place),
});

/** On straight lines between points, from 0 at 0 and on beyond the last. */
function interpolated(xs: Float64Array, ys: Float64Array, x: number): number {
  const found = xs.findIndex((each) => each >= x);
  const right = found === -1 ? xs.length - 1 : found;
  const [x0, y0] = [xs[right - 1] ?? 0, ys[right - 1] ?? 0];
  const [x1, y1] = [xs[right] ?? 0, ys[right] ?? 0];
  return x1 === x0 ? y1 : y0 + ((x - x0) / (x1 - x0)) * (y1 - y0);
}
