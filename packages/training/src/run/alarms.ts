import { TrainingError } from "../errors.js";
import type { Alarm } from "../step/loss-watch.js";
import type { LiveRun } from "./live-run.js";

/** Warns of what the losses show, each with what can be done. */
export function tellAlarms({ reporter }: LiveRun, alarms: readonly Alarm[]): void {
  for (const { step, symptom, message } of alarms)
    reporter.emit({ type: "warning", message: `step ${step}: ${message}`, symptom, step });
}

/** Failure of a run that does not go on once its loss has gone up. */
export const divergence = (loss: number): TrainingError =>
  new TrainingError(
    "TRAINING_DIVERGED",
    `the training diverges, its loss is ${loss.toFixed(2)}; a lower learning rate, warm-up or gradient clipping usually helps`,
  );
