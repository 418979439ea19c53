import type { StepMetrics } from "@trainer/platform/browser";
import { count, figure, short } from "../../../parts/figures.js";
import type { Axis } from "../search.js";

/** Steps on an x axis. */
export interface Places {
  /** Of the logged steps, each. */
  readonly steps: Float64Array;
  /** Of any step, between those that are logged and beyond. */
  at(step: number): number;
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
      return { steps, at: (step) => step };
    case "epoch": {
      const length = stepsPerEpoch ?? epochLength(rows);
      return { steps: steps.map((step) => step / length), at: (step) => step / length };
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

/** By the first step that is logged of the last epoch. */
function epochLength(rows: readonly Row[]): number {
  const last = rows.at(-1);
  if (last === undefined) return 1;
  if (last.epoch === 0) return last.step;
  const first = Number(rows.find(({ epoch }) => epoch === last.epoch)?.step);
  return Math.max(1, first - 1) / last.epoch;
}

/** Straight lines between steps, from 0 at step 0 and on beyond the last. */
function between(steps: Float64Array, places: Float64Array): Places {
  const at = (step: number): number => {
    const found = steps.findIndex((each) => each >= step);
    const right = found === -1 ? steps.length - 1 : found;
    const [step0, place0] = [steps[right - 1] ?? 0, places[right - 1] ?? 0];
    const [step1, place1] = [steps[right] ?? 0, places[right] ?? 0];
    return step1 === step0 ? place1 : place0 + ((step - step0) / (step1 - step0)) * (place1 - place0);
  };
  return { steps: places, at };
}
