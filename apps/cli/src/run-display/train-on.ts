import type { RunResult } from "@trainer/training";
import type { Point } from "../display/curve.js";
import type { Losses } from "./live-lines.js";

/** Least relative fall of a loss that is still falling. */
const FALL = 0.002;

/**
 * True if a run's loss was still falling at its end: that of validation, or of training if validation was measured
 * once.
 */
export function stillFalls({ trainPoints, validationPoints }: Losses): boolean {
  const losses = validationPoints.map(({ loss }) => loss);
  const [last] = losses.slice(-1);
  if (last !== undefined && losses.length > 1) return last < (1 - FALL) * Math.min(...losses.slice(0, -1));
  const part = Math.ceil(trainPoints.length / 4);
  if (trainPoints.length < 4) return false;
  return mean(trainPoints.slice(-part)) < (1 - FALL) * mean(trainPoints.slice(-2 * part, -part));
}

const mean = (points: readonly Point[]): number => points.reduce((sum, { loss }) => sum + loss, 0) / points.length;

/** The command that trains a run on, to twice its steps, where its loss had not come to rest; null: nothing says so, or it cannot be. */
export const trainOn = (
  { runId, steps, earlyStopped, isAdapter }: Pick<RunResult, "runId" | "steps" | "earlyStopped" | "isAdapter">,
  losses: Losses,
  flags: string,
): string | null =>
  earlyStopped || isAdapter || !stillFalls(losses) ? null : `trainer resume ${runId} --max-steps ${2 * steps}${flags}`;
