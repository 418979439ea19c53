/** One in so many of a rung's trials goes on to the next, which is so many times as far. */
export const ETA = 3;

/** A stage of a sweep: all trials that are left train up to it. */
export interface Rung {
  /** Part of a whole training. */
  readonly part: number;
  /** Trials that train up to it. */
  readonly trials: number;
}

/** The rungs of successive halving (Jamieson & Talwalkar 2016) over so many trials: of the last one trial is left, or two. */
export function rungsOf(trials: number): readonly Rung[] {
  const count = 1 + Math.floor(Math.log(trials) / Math.log(ETA) + 1e-9);
  return Array.from({ length: count }, (_, i) => ({
    part: ETA ** (i + 1 - count),
    trials: Math.ceil(trials / ETA ** i),
  }));
}

/** Whole trainings, one after the other, that a sweep takes as long as, with so many trials at a time. */
export const costOf = (rungs: readonly Rung[], atOnce = 1): number =>
  rungs.reduce((sum, { part, trials }, i) => sum + Math.ceil(trials / atOnce) * (part - (rungs[i - 1]?.part ?? 0)), 0);
