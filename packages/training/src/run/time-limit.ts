import type { LiveRun } from "./live-run.js";

/** Parts of the time after which the end is planned anew, and as many steps of a process. */
const PARTS = [0.01, 0.03, 0.1, 0.2, 0.4, 0.6, 0.8, 0.9];
const STEPS = new Set([1, 2, 4, 8, 16, 32, 64]);
/** Part of the planned steps after which the last plan is made, and holds. */
const FIXED = 0.95;

/** Times of a run's steps, as far as this process has taken some. */
export interface StepTimes {
  /** Steps that were timed. */
  readonly timed: number;
  /** Seconds from a step on to the end of a run of `totalSteps`, with all that is done between and after them. */
  secondsFrom(step: number, totalSteps: number): number;
}

/**
 * Ends a run by time. The number of steps that fit is estimated by those that were timed, and again on the way; each
 * estimate is written to the manifest before a step is taken by it, so that a run which is killed and resumed takes the
 * same steps at the same rates. The last estimate, shortly before the end, holds whatever the last steps take.
 */
export class TimeLimit {
  readonly #firstStep: number;

  /** Number of parts of the time that are over. */
  #mark: number;

  constructor(
    private readonly run: LiveRun,
    private readonly times: StepTimes,
  ) {
    this.#firstStep = run.course.progress.step;
    this.#mark = this.#marksAt(run.elapsedMs() / 1000);
  }

  /** Plans the end before a step is taken, where it is time to. */
  async plan(): Promise<void> {
    const { course, elapsedMs, session } = this.run;
    const { maxSeconds, maxSteps } = session.options;
    const { plan, progress, trainedOnFrom } = course;
    if (maxSeconds === null || this.times.timed === 0) return;
    if (plan.ends.some(({ afterStep }) => afterStep >= progress.step)) return; // what was planned before is repeated
    const planned = plan.ends.reduce((_before, end) => end);
    const isNearEnd = (step: number) => step - trainedOnFrom >= FIXED * (planned.totalSteps - trainedOnFrom);
    if (isNearEnd(planned.afterStep)) return;
    const elapsed = elapsedMs() / 1000;
    const next = progress.step + 1;
    const endOf = (totalSteps: number) => elapsed + this.times.secondsFrom(next, totalSteps);
    const isOver = endOf(next) >= maxSeconds;
    const mark = this.#marksAt(elapsed);
    const isDue = mark > this.#mark || STEPS.has(progress.step - this.#firstStep) || isNearEnd(next);
    if (!isOver && !isDue) return;
    this.#mark = mark;
    const fitting = isOver ? next : mostSteps(next, endOf, maxSeconds);
    const totalSteps = Math.min(fitting, maxSteps ?? Infinity);
    plan.endAt(totalSteps, progress.step);
    await session.manifest.update({ total_steps: totalSteps, ends: plannedEnds(plan.ends) });
  }

  #marksAt(elapsed: number): number {
    const { maxSeconds } = this.run.session.options;
    return PARTS.filter((part) => elapsed >= part * (maxSeconds ?? Infinity)).length;
  }
}

/** The most steps, `least` or more, whose end comes in time. */
export function mostSteps(least: number, endOf: (totalSteps: number) => number, maxSeconds: number): number {
  let [fits, beyond] = [least, least + 1];
  while (endOf(beyond) < maxSeconds) [fits, beyond] = [beyond, 2 * beyond];
  while (beyond - fits > 1) {
    const middle = Math.floor((fits + beyond) / 2);
    if (endOf(middle) < maxSeconds) fits = middle;
    else beyond = middle;
  }
  return fits;
}

/** Ends by the names of a manifest. */
export const plannedEnds = (ends: readonly { readonly afterStep: number; readonly totalSteps: number }[]) =>
  ends.map(({ afterStep, totalSteps }) => ({ after_step: afterStep, total_steps: totalSteps }));
