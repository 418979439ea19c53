import { bar } from "../display/bar.js";
import { curve } from "../display/curve.js";
import { formatDuration } from "../display/duration.js";
import { formatBytes, formatCount, formatNumber, formatShort } from "../display/quantity.js";
import type { Style } from "../display/style.js";
import { percent, skipped } from "./facts.js";
import type { Point } from "../display/curve.js";
import type { RunProgress } from "./run-progress.js";

export interface View {
  readonly columns: number;
  readonly unicode: boolean;
  readonly paint: Style;
}

export interface Losses {
  readonly trainPoints: readonly Point[];
  readonly validationPoints: readonly Point[];
}

const CURVE_ROWS = 8;
const AXIS_COLUMNS = 12;

/** Live view of a run on a terminal: bar, numbers, curve. */
export function liveLines(progress: RunProgress, { columns, unicode, paint }: View): string[] {
  const { step, validation, best } = progress;
  if (step === null) return progress.start === null ? [] : ["the first step ..."];
  const dot = unicode ? " · " : " | ";
  const gauge = bar(step.step / step.totalSteps, Math.max(8, Math.min(30, columns - 50)), unicode);
  const head = [
    `${paint.cyan(gauge)} ${percent(step.step, step.totalSteps)} %`,
    `step ${formatCount(step.step)}/${formatCount(step.totalSteps)}`,
    `${formatDuration(step.etaSeconds)} left`,
  ];
  const speed = [
    `epoch ${step.epoch + 1}/${step.epochs}`,
    `${formatShort(step.tokensPerSec)} tokens/s`,
    `${Math.round(step.stepMs)} ms/step`,
    step.gpuPeakBytes === undefined
      ? `${formatBytes(step.rssBytes)} memory`
      : `${formatBytes(step.gpuPeakBytes)} GPU memory at most`,
  ];
  const losses = [
    `loss ${paint.bold(formatNumber(step.loss))}`,
    ...(validation === null ? [] : [`validation ${paint.yellow(formatNumber(validation.loss))}`]),
    ...(best === null ? [] : [`best ${formatNumber(best.loss)} at step ${formatCount(best.step)}`]),
    `lr ${step.lr.toExponential(2)}`,
    `grad ${formatNumber(step.gradNorm)}`,
    ...skipped(step),
  ];
  const plot = lossCurve(progress, { columns, unicode, paint });
  return [head.join(dot), losses.join(dot), speed.join(dot), ...plot];
}

/** The run's losses as a curve that fits the columns; nothing while there is too little to draw, or room for it. */
export function lossCurve(progress: Losses, { columns, unicode, paint }: View): string[] {
  const width = Math.min(64, columns - AXIS_COLUMNS);
  if (width < 16) return [];
  const { trainPoints, validationPoints } = progress;
  const plot = curve(trainPoints, validationPoints, { width, height: CURVE_ROWS, unicode, mark: paint.yellow });
  return plot.length === 0 ? [] : [...plot, legend(progress, { unicode, paint })];
}

/** Legend of the curve's glyphs. */
function legend(
  { trainPoints, validationPoints }: Losses,
  { unicode, paint }: Pick<View, "unicode" | "paint">,
): string {
  const [line, mark] = unicode ? ["⠒", "◆"] : ["*", "o"];
  const shown = [
    ...(trainPoints.length === 0 ? [] : [`${line} training`]),
    ...(validationPoints.length === 0 ? [] : [`${paint.yellow(mark)} validation`]),
  ];
  return `        loss:  ${shown.join("   ")}`;
}
