import { TrainingError } from "../errors.js";
import { learningRateAt, type ScheduleOptions } from "../options/schedule.js";

export interface StepPlanOptions extends Omit<ScheduleOptions, "totalSteps"> {
  readonly batchesPerEpoch: number;
  readonly gradAccumSteps: number;
  readonly numEpochs: number;
  readonly maxSteps: number | null;
  readonly evalEvery: number;
}

/** Division of a run into optimizer steps and epochs. Steps are counted from 1, epochs from 0. */
export class StepPlan {
  readonly stepsPerEpoch: number;
  readonly totalSteps: number;
  /** Those begun, the last maybe not ended. */
  readonly epochs: number;

  /** @throws TrainingError INVALID_INPUT */
  constructor(readonly options: StepPlanOptions) {
    this.stepsPerEpoch = Math.ceil(options.batchesPerEpoch / options.gradAccumSteps);
    this.totalSteps = options.maxSteps ?? options.numEpochs * this.stepsPerEpoch;
    if (!Number.isSafeInteger(this.totalSteps)) {
      const message = `${options.numEpochs} epochs of ${this.stepsPerEpoch} steps are more than can be counted: take fewer epochs`;
      throw new TrainingError("INVALID_INPUT", message);
    }
    this.epochs = Math.ceil(this.totalSteps / this.stepsPerEpoch);
  }

  epochOf(step: number): number {
    return Math.floor((step - 1) / this.stepsPerEpoch);
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
    return step % every === 0 || step === this.totalSteps;
  }

  /** Number of validations after this step and later ones. */
  evaluationsFrom(step: number): number {
    const every = this.options.evalEvery === 0 ? this.stepsPerEpoch : this.options.evalEvery;
    const regular = Math.floor(this.totalSteps / every) - Math.floor((step - 1) / every);
    return regular + (this.totalSteps % every === 0 ? 0 : 1);
  }

  learningRate(step: number): number {
    return learningRateAt(step, { ...this.options, totalSteps: this.totalSteps });
  }
}
