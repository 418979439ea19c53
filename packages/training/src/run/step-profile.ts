import { machineLimits, profile, type MachineLimits, type OperatorCost } from "@trainer/torch";
import type { Batch } from "../bins/batch-loader.js";
import type { QueuedStep } from "./step.js";

/** Where the time of some steps of a run went. Times and counts are a step's. */
export interface StepProfile {
  readonly steps: number;
  readonly stepMs: number;
  /** In making batches. */
  readonly dataMs: number;
  /** The dearest first. What is between them is JavaScript's and the binding's. */
  readonly operators: readonly OperatorCost[];
  readonly limits: MachineLimits;
}

/** Steps before those that are profiled: the first are slow. */
const WARM_UP = 3;

type Step = (next: () => Batch) => QueuedStep;

/** Profiles so many of a session's steps, after the first few, and tells once what they cost. */
export class StepProfiler {
  readonly #costs = new Map<string, OperatorCost>();
  #begun = 0;
  #stepMs = 0;
  #dataMs = 0;

  constructor(
    private readonly steps: number,
    private readonly tell: (profile: StepProfile) => void,
  ) {}

  /** Whether the next step is one of those, so that nothing else may be under way. */
  get measuresNext(): boolean {
    return this.#begun >= WARM_UP && this.#begun < WARM_UP + this.steps;
  }

  /** Takes a step; one that is profiled to its end. */
  run(step: Step, next: () => Batch): QueuedStep {
    const measured = this.measuresNext;
    if (this.steps > 0) this.#begun += 1;
    if (!measured) return step(next);
    const began = performance.now();
    const { result, operators } = profile(() => {
      const queued = step(() => this.#timed(next));
      queued.wait();
      return queued;
    });
    this.#stepMs += performance.now() - began;
    for (const cost of operators) this.#add(cost);
    if (this.#begun === WARM_UP + this.steps) this.tell(this.#result(this.steps));
    return result;
  }

  /** The session is over: tells of the steps that there were, if not all came. */
  end(): void {
    const steps = Math.min(this.steps, this.#begun - WARM_UP);
    if (steps > 0 && steps < this.steps) this.tell(this.#result(steps));
  }

  #timed(next: () => Batch): Batch {
    const began = performance.now();
    const batch = next();
    this.#dataMs += performance.now() - began;
    return batch;
  }

  #add({ name, shape, calls, ms, flops, bytes }: OperatorCost): void {
    const key = `${name} ${shape}`;
    const sum = this.#costs.get(key) ?? { name, shape, calls: 0, ms: 0, flops: 0, bytes: 0 };
    this.#costs.set(key, {
      name,
      shape,
      calls: sum.calls + calls,
      ms: sum.ms + ms,
      flops: sum.flops + flops,
      bytes: sum.bytes + bytes,
    });
  }

  #result(steps: number): StepProfile {
    const operators = [...this.#costs.values()]
      .map(({ name, shape, calls, ms, flops, bytes }) => ({
        name,
        shape,
        calls: calls / steps,
        ms: ms / steps,
        flops: flops / steps,
        bytes: bytes / steps,
      }))
      .toSorted((a, b) => b.ms - a.ms);
    return {
      steps,
      stepMs: this.#stepMs / steps,
      dataMs: this.#dataMs / steps,
      operators,
      limits: machineLimits(),
    };
  }
}
