import { machineLimits, profile, type MachineLimits } from "@trainer/torch";
import type { Batch } from "../bins/batch.js";
import { meanProfile, type Costs } from "./mean-profile.js";
import { productType, type Compute } from "./precision.js";
import type { QueuedStep } from "./step.js";

/** Profile of some steps of a run. Times and counts are per step. */
export interface StepProfile extends Omit<Costs, "ms"> {
  readonly steps: number;
  readonly stepMs: number;
  /** Time for making batches. */
  readonly dataMs: number;
  /** Limits of the device, in the run's precision; null if a GPU's times could not be seen, and so not compared. */
  readonly limits: MachineLimits | null;
}

/** Steps before those that are profiled: the first are slow. */
const WARM_UP = 3;

type Step = (next: () => Batch) => QueuedStep;

/** Profiles so many of a session's steps, after the first few, and tells once what they cost. */
export class StepProfiler {
  readonly #taken: Costs[] = [];
  #begun = 0;
  #dataMs = 0;

  constructor(
    private readonly steps: number,
    private readonly compute: Compute,
    private readonly tell: (profile: StepProfile) => void,
  ) {}

  /** True if the next step is one of those, so that nothing else may be in flight. */
  get measuresNext(): boolean {
    return this.#begun >= WARM_UP && this.#begun < WARM_UP + this.steps;
  }

  /** Takes a step; one that is profiled to its end. */
  run(step: Step, next: () => Batch): QueuedStep {
    const measured = this.measuresNext;
    if (this.steps > 0) this.#begun += 1;
    if (!measured) return step(next);
    const whole = (): QueuedStep => {
      const queued = step(() => this.#timed(next));
      queued.wait();
      return queued;
    };
    const { result, ...costs } = profile(whole, this.compute.device);
    this.#taken.push(costs);
    if (this.#begun === WARM_UP + this.steps) this.tell(this.#result());
    return result;
  }

  /** The session is over: tells of the steps that there were, if not all came. */
  end(): void {
    if (this.#taken.length > 0 && this.#taken.length < this.steps) this.tell(this.#result());
  }

  #timed(next: () => Batch): Batch {
    const began = performance.now();
    const batch = next();
    this.#dataMs += performance.now() - began;
    return batch;
  }

  #result(): StepProfile {
    const { ms: stepMs, ...mean } = meanProfile(this.#taken);
    const limits = mean.unseen === null ? machineLimits(this.compute.device, productType(this.compute)) : null;
    return { steps: this.#taken.length, stepMs, dataMs: this.#dataMs / this.#taken.length, ...mean, limits };
  }
}
