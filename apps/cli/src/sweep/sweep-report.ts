import { snake } from "@trainer/options";
import { bitsOf, type SweepResult, type SweptTrial } from "@trainer/training/files";
import { curves, GLYPHS } from "../display/curves.js";
import type { Output } from "../display/output.js";
import { formatNumber, formatShort } from "../display/quantity.js";
import { table } from "../display/table.js";

/** Trials whose curves are drawn. */
const DRAWN = GLYPHS.length;

/** Report of a sweep: its trials, the best first, with the curves of the first few, and commands for the best. */
export function sweepReport(
  { trials }: SweepResult,
  { screen, paint }: Pick<Output, "screen" | "paint">,
  flags: string,
): string[] {
  const names = [...new Set(trials.flatMap(({ settings }) => Object.keys(settings)))];
  const rows = trials.map((trial, i) => [
    i < DRAWN ? GLYPHS.charAt(i) : "",
    trial.runId,
    ...names.map((name) => shown(trial.settings[name])),
    trial.part === 0 ? "-" : partOf(trial),
    figureOf(trial),
  ]);
  const header = ["", "run", ...names.map((name) => snake(name).replaceAll("_", "-")), "trained", "bits per byte"];
  const lines = trials
    .slice(0, DRAWN)
    .map(({ points }) => points.map(({ tokens, loss, bitsPerByte }) => ({ step: tokens, loss: bitsPerByte ?? loss })));
  const tokens = lines.flat().map(({ step }) => step);
  const drawn = curves(lines, {
    width: Math.min(72, screen.columns() - 12),
    height: 12,
    unicode: screen.unicode,
    paint,
    ends: [formatShort(Math.min(...tokens)), `${formatShort(Math.max(...tokens))} tokens`],
  });
  const failed = trials.flatMap(({ runId, failure }) => (failure === null ? [] : [`${runId} failed: ${failure}`]));
  return [
    ...table([header, ...rows]),
    ...(drawn.length === 0 ? [] : ["", ...drawn]),
    ...(failed.length === 0 ? [] : ["", ...failed]),
    ...bestLines(trials, flags),
  ];
}

/** The trial with the lowest figure, and how it came about where it is not one of those that came furthest. */
function bestLines(trials: readonly SweptTrial[], flags: string): string[] {
  const compared = trials.filter(({ failure, result }) => failure === null && result !== null);
  const [furthest] = compared;
  if (furthest === undefined) return [];
  const best = compared.reduce((a, b) => (bitsOf(b.result) < bitsOf(a.result) ? b : a));
  const isDropped = best.part < furthest.part;
  const sooner = [
    `It was lower after ${partOf(best)} of its training than ${furthest.runId}, which came furthest (${figureOf(furthest)}). To train it on:`,
    `  trainer resume ${best.runId} --max-steps ${best.steps}${flags}`,
  ];
  return [
    "",
    `The best one, at ${figureOf(best)}:`,
    `  trainer runs show ${best.runId}${flags}`,
    `  trainer generate ${best.runId}${flags} --prompt "Once"`,
    ...(isDropped ? sooner : []),
  ];
}

const partOf = ({ part }: SweptTrial): string => (part === 1 ? "all" : `1/${Math.round(1 / part)}`);

/** A trial that has come to a part of a whole training, in a line. */
export const trialLine = (trial: SweptTrial, part: number): string =>
  `${trial.runId} after ${Math.round(100 * part)} %: ${figureOf(trial)}`;

/** A setting as it was typed; nothing of one that a trial has not. */
function shown(value: unknown): string {
  if (value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Bits per byte, or nats a token of a text that does not come back from its tokens. */
function figureOf({ result, failure }: SweptTrial): string {
  if (result === null) return failure === null ? "-" : "failed";
  return result.bitsPerByte === null ? `${formatNumber(result.loss)} nats` : formatNumber(result.bitsPerByte);
}
