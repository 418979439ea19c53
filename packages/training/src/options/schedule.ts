import type { LrSchedule } from "@trainer/options";

export interface ScheduleOptions {
  readonly schedule: LrSchedule;
  /** The learning rate after warm-up. */
  readonly learningRate: number;
  /** Steps over which it rises linearly from zero. */
  readonly warmupSteps: number;
  /** Final rate of a decaying schedule. */
  readonly minLr: number;
  readonly totalSteps: number;
}

/** The rates of a run: one that starts from other weights keeps all of them under its cap, also where a schedule ends. */
export function cappedRates(o: {
  readonly learningRate: number;
  readonly minLr: number;
  readonly pretrainedRunId: string | null;
  readonly finetuneLrCap: number;
}): Pick<ScheduleOptions, "learningRate" | "minLr"> {
  const cap = o.pretrainedRunId === null ? Infinity : o.finetuneLrCap;
  return { learningRate: Math.min(o.learningRate, cap), minLr: Math.min(o.minLr, cap) };
}

/**
 * The learning rate of a step, counted from 1: a linear rise over `warmupSteps`, then constant, or decaying to `minLr`
 * at `totalSteps` along a line or half a cosine (Loshchilov & Hutter 2017).
 */
export function learningRateAt(step: number, o: ScheduleOptions): number {
  if (step <= o.warmupSteps) return (o.learningRate * step) / o.warmupSteps;
  const decaySteps = o.totalSteps - o.warmupSteps;
  const progress = Math.min(1, (step - o.warmupSteps) / decaySteps);
  switch (o.schedule) {
    case "constant":
      return o.learningRate;
    case "linear":
      return o.minLr + (o.learningRate - o.minLr) * (1 - progress);
    case "cosine":
      return o.minLr + ((o.learningRate - o.minLr) * (1 + Math.cos(Math.PI * progress))) / 2;
  }
}
