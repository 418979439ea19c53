import type { LrDecayShape, LrSchedule } from "@trainer/options";

export interface ScheduleOptions {
  readonly schedule: LrSchedule;
  /** The learning rate after warm-up. */
  readonly learningRate: number;
  /** Steps over which it rises linearly from zero. */
  readonly warmupSteps: number;
  /** Final rate of a decaying schedule. */
  readonly minLr: number;
  /** Part of all steps, the last, over which the rate of "wsd" falls. */
  readonly lrDecayFraction: number;
  readonly lrDecayShape: LrDecayShape;
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
 * at `totalSteps` along a line or half a cosine (Loshchilov & Hutter 2017), or stable until the last part of the run, over
 * which it decays (WSD, Hu et al. 2024). Before that part WSD's rate is the same whatever the number of steps is: a run can
 * be trained on from there, or branched.
 */
export function learningRateAt(step: number, o: ScheduleOptions): number {
  if (step <= o.warmupSteps) return (o.learningRate * step) / o.warmupSteps;
  const decayFrom = (start: number, shape: LrDecayShape): number => {
    const progress = Math.min(1, Math.max(0, step - start) / (o.totalSteps - start));
    return o.minLr + (o.learningRate - o.minLr) * remaining[shape](progress);
  };
  switch (o.schedule) {
    case "constant":
      return o.learningRate;
    case "linear":
    case "cosine":
      return decayFrom(o.warmupSteps, o.schedule);
    case "wsd": {
      const start = o.totalSteps - Math.max(1, Math.round(o.totalSteps * o.lrDecayFraction));
      return decayFrom(Math.max(o.warmupSteps, start), o.lrDecayShape);
    }
  }
}

/** Part of the learning rate that is left after a part of the decay. */
const remaining: Readonly<Record<LrDecayShape, (progress: number) => number>> = {
  linear: (progress) => 1 - progress,
  cosine: (progress) => (1 + Math.cos(Math.PI * progress)) / 2,
  "1-sqrt": (progress) => 1 - Math.sqrt(progress), // Hägele et al. 2024
};
