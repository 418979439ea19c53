import { duration } from "../text/quantity.js";
import type { RunState } from "./run-state.js";

/** A run's progress in a line; null before its first step. */
export function courseOf({ progress }: RunState): string | null {
  if (progress === null) return null;
  const { step, totalSteps, epoch, totalEpochs, etaSeconds } = progress;
  const steps = totalSteps === null ? `Step ${step}` : `Step ${step}/${totalSteps}`;
  const eta = etaSeconds === null ? "" : `, ETA ${duration(etaSeconds)}`;
  return `${steps}, epoch ${Math.min(epoch + 1, totalEpochs)}/${totalEpochs}${eta}`;
}
