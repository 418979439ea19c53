import { TrainingError } from "../errors.js";
import type { TrainOptions } from "../options/options.js";
import { cappedRates, learningRateAt, type ScheduleOptions } from "../options/schedule.js";

/** An end of a run as it is planned from a step on. */
export interface PlannedEnd {
  /** The last step that is not under it. */
  readonly afterStep: number;
  readonly totalSteps: number;
}

export interface StepPlanOptions extends Omit<ScheduleOptions, "totalSteps"> {
  readonly batchesPerEpoch: number;
  readonly gradAccumSteps: number;
  readonly numEpochs: number;
  readonly maxSteps: number | null;
  readonly evalEvery: number;
  /** Time of a run that ends by it; null: it ends by steps alone. */
  readonly maxSeconds?: number | null;
  /** Ends that were planned so far, in the order of their steps; none: the end that the other options say. */
  readonly ends?: readonly PlannedEnd[];
}

/** Steps that a run which ends by time is taken to have, at the least, before any of them was timed. */
export const UNTIMED_STEPS = 1000;

/**
 * Division of a run into optimizer steps and epochs. Steps are counted from 1, epochs from 0. The end of a run may change
 * on its way: each step has the learning rate that the end planned for it gives.
 */
export class StepPlan {
  readonly stepsPerEpoch: number;
  #ends: readonly PlannedEnd[];

  /** @throws TrainingError INVALID_INPUT */
  constructor(readonly options: StepPlanOptions) {
    this.stepsPerEpoch = Math.ceil(options.batchesPerEpoch / options.gradAccumSteps);
    const passes = options.numEpochs * this.stepsPerEpoch;
    const { maxSeconds = null, ends = [] } = options;
    const totalSteps = options.maxSteps ?? (maxSeconds === null ? passes : Math.max(passes, UNTIMED_STEPS));
    if (!Number.isSafeInteger(totalSteps)) {
      const message = `${options.numEpochs} epochs of ${this.stepsPerEpoch} steps are more than can be counted: take fewer epochs`;
      throw new TrainingError("INVALID_INPUT", message);
    }
    this.#ends = ends.length === 0 ? [{ afterStep: 0, totalSteps }] : ends;
  }

  /** Every end that was planned, in the order of their steps. */
  get ends(): readonly PlannedEnd[] {
    return this.#ends;
  }

  get totalSteps(): number {
    return this.#totalOf(Infinity);
  }

  /** Those begun, the last maybe not ended. */
  get epochs(): number {
    return Math.ceil(this.totalSteps / this.stepsPerEpoch);
  }

  /** Plans another end for the steps after one. */
  endAt(totalSteps: number, afterStep: number): void {
    this.#ends = [...this.#ends.filter((end) => end.afterStep < afterStep), { afterStep, totalSteps }];
  }

  epochOf(step: number): number {
    return Math.floor((step - 1) / this.stepsPerEpoch);
  }

  /** How far the run is at a step, from 0 at the first to 1 at the last. */
  progressAt(step: number): number {
    return step === 1 ? 0 : Math.min(1, (step - 1) / (this.#totalOf(step) - 1));
  }

  /** Number of batches of a step: an epoch's last may have fewer left. */
  batchesOf(step: number): number {
    const { batchesPerEpoch, gradAccumSteps } = this.options;
    const before = ((step - 1) % this.stepsPerEpoch) * gradAccumSteps;
    return Math.min(gradAccumSteps, batchesPerEpoch - before);
  }

  /** True if there is a validation after this step. */
  evaluatesAfter(step: number): boolean {
    const every = this.options.evalEvery === 0 ? this.stepsPerEpoch : this.options.evalEvery;
    return step % every === 0 || step === this.#totalOf(step);
  }

  /** Number of validations after this step and later ones, of which `totalSteps` is the last. */
  evaluationsFrom(step: number, totalSteps = this.totalSteps): number {
    const every = this.options.evalEvery === 0 ? this.stepsPerEpoch : this.options.evalEvery;
    const regular = Math.floor(totalSteps / every) - Math.floor((step - 1) / every);
    return regular + (totalSteps % every === 0 ? 0 : 1);
  }

  learningRate(step: number): number {
    return learningRateAt(step, { ...this.options, totalSteps: this.#totalOf(step) });
  }

  /** Last step of the run as it was planned when a step was taken. */
  #totalOf(step: number): number {
    return this.#ends.reduce((total, end) => (end.afterStep < step ? end.totalSteps : total), 0);
  }
}

/** The plan of a run with these options; its rates are capped where it starts from other weights. */
export const stepPlanOf = (
  options: TrainOptions,
  batchesPerEpoch: number,
  ends: readonly PlannedEnd[] = [],
): StepPlan =>
  new StepPlan({ ...options, ...cappedRates(options), schedule: options.lrSchedule, batchesPerEpoch, ends });
