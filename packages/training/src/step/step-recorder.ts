import { at } from "@trainer/disk";
import {
  cudaQueue,
  emptyCache,
  full,
  gpuKernels,
  keep,
  optimizerInfo,
  scope,
  tensor,
  zeros,
  type DeviceQueue,
  type Recording,
  type Tensor,
} from "@trainer/torch";
import type { Batch } from "../bins/batch.js";
import { TrainingError } from "../errors.js";
import { nextToken } from "./objective.js";
import {
  pendingStep,
  queueBatches,
  stacked,
  tokensOf,
  tryOnDevice,
  updateOnDevice,
  type QueuedStep,
  type Stepper,
  type Work,
} from "./step.js";

/** Steps of one shape that are computed in the ordinary way first: libraries choose their kernels in them. */
const WARM_UPS = 3;

/** Called with the reason if steps are not recorded. */
export interface Warnings {
  warn(message: string): void;
}

/**
 * Queues steps as `queueStep` does, but for batches of one shape records what the device does in a step, and replays it: a
 * step then costs the host one call, where it else costs hundreds. The first replay is held to the same step in the
 * ordinary way. It serves one run: its model and optimizer are part of the recording.
 */
export class StepRecorder implements Disposable {
  /** Occurrences of each shape since something was recorded or given up. */
  readonly #seen = new Map<string, number>();
  #recorded: RecordedStep | null = null;
  #failed = false;

  constructor(
    private readonly queue: DeviceQueue,
    private readonly reporter: Warnings,
  ) {}

  readonly queueStep = (stepper: Stepper, next: () => Batch, count = 1): QueuedStep =>
    scope(() => this.#queue(stepper, next, count));

  #queue(stepper: Stepper, next: () => Batch, count: number): QueuedStep {
    const batches = Array.from({ length: count }, next);
    const shape = shapeOf(batches);
    const seen = (this.#seen.get(shape) ?? 0) + 1;
    this.#seen.set(shape, seen);
    // While fp16's scale is a guess, the host has to look at each step.
    const ready = seen > WARM_UPS && stepper.scaler?.calibrated !== false && !this.#failed;
    if (!ready || (this.#recorded !== null && this.#recorded.shape !== shape)) return this.#ordinary(stepper, batches);
    if (this.#recorded !== null) return this.#recorded.replay(batches);
    try {
      this.#recorded = new RecordedStep(stepper, batches, this.queue);
    } catch (error) {
      this.#failed = true; // memory may not suffice for it, or a library refuses to be recorded
      stepper.optimizer.zeroGrad();
      stepper.scaler?.forget();
      const { message } = TrainingError.from(error);
      this.reporter.warn(`steps are not recorded, which makes them slower: ${message}`);
      return this.#ordinary(stepper, batches);
    }
    return this.#recorded.firstReplay(batches);
  }

  /** A recording holds the memory of a whole step: where an ordinary one lacks it, it has to go. */
  #ordinary(stepper: Stepper, batches: readonly Batch[]): QueuedStep {
    const { freeMemory = emptyCache } = stepper;
    const freed = (device: "cpu" | "cuda") => {
      this.drop();
      freeMemory?.(device);
    };
    return queueBatches(this.#recorded === null ? stepper : { ...stepper, freeMemory: freed }, batches);
  }

  /** Gives the recording's memory back; after some more steps another is made. */
  drop(): void {
    this.#recorded?.[Symbol.dispose]();
    this.#recorded = null;
    this.#seen.clear();
  }

  [Symbol.dispose](): void {
    this.drop();
  }
}

const tensorsOf = ({ inputs, targets, documents }: Batch): Tensor[] =>
  documents === undefined ? [inputs, targets] : [inputs, targets, documents];

/** The part of each batch in the targets of them all. */
function weightsOf(batches: readonly Batch[]): number[] {
  const tokens = tokensOf(batches);
  return batches.map((batch) => batch.tokens / tokens);
}

/** The properties of batches that are part of a recording: their sizes. How many targets count differs from step to step. */
const shapeOf = (batches: readonly Batch[]): string =>
  JSON.stringify(batches.map((batch) => tensorsOf(batch).map((t) => t.shape)));

/**
 * Tolerance of a replay's loss and norm against an ordinary step's: attention's gradients are not the same to the bit.
 */
const TOLERANCE = 1e-2;

/**
 * One step, recorded: batches and learning rate are copied to where it reads them, and its numbers read from where it
 * wrote them.
 */
class RecordedStep implements Disposable {
  readonly shape: string;
  readonly #batches: Batch[] = [];
  readonly #own: Tensor[] = [];
  readonly #lr: Tensor; // ()
  readonly #weights: Tensor; // (batches): the part of each in the step's targets
  #filled: readonly number[]; // the same, on the host
  readonly #numbers: Tensor; // (3)
  readonly #work: Work;
  /** Result of the recorded step in the ordinary way. */
  readonly #wanted: readonly number[];
  readonly #recording: Recording;

  constructor(stepper: Stepper, batches: readonly Batch[], queue: DeviceQueue) {
    const { device } = stepper.compute;
    this.shape = shapeOf(batches);
    const own = (t: Tensor) => {
      this.#own.push(keep(t));
      return t;
    };
    try {
      for (const { inputs, targets, documents, tokens } of batches) {
        const copies = { inputs: own(inputs.clone()), targets: own(targets.clone()), tokens };
        this.#batches.push(documents === undefined ? copies : { ...copies, documents: own(documents.clone()) });
      }
      this.#lr = own(full([], stepper.optimizer.lr, { device }));
      this.#numbers = own(zeros([3], { device }));
      this.#filled = weightsOf(batches);
      this.#weights = own(tensor(this.#filled, [batches.length], { device }));
      // A step that is recorded cannot be tried again.
      const recorded = { ...stepper, freeMemory: null };
      this.#work = { stepper: recorded, batches: this.#batches, tokens: tokensOf(batches), weights: this.#weights };
      this.#wanted = tryOnDevice(this.#work);
      emptyCache(device); // what ordinary steps took is not shared with the recording
      this.#recording = queue.record(() => this.#numbers.copy_(stacked(updateOnDevice(this.#work, this.#lr))), {
        warm: true,
      });
    } catch (error) {
      this.#free();
      throw error;
    }
  }

  /** A replay, held to what the step gave in the ordinary way. Throws where they differ: the weights are then wrong. */
  firstReplay(batches: readonly Batch[]): QueuedStep {
    const wanted = this.#wanted;
    const queued = this.replay(batches);
    const found = Array.from(this.#numbers.data(), Number);
    const differs = (want: number, i: number) => Math.abs(at(found, i) - want) > TOLERANCE * Math.abs(want);
    if (!wanted.some(differs)) return queued;
    throw new TrainingError(
      "INTERNAL_ERROR",
      `a recorded step gives loss, norm and overflow ${found.join(", ")}, where an ordinary one gives ${wanted.join(", ")}: ` +
        "this is a fault of the program; TRAINER_RECORD_STEPS=0 trains without recording",
    );
  }

  replay(batches: readonly Batch[]): QueuedStep {
    const { stepper } = this.#work;
    const given = batches.flatMap(tensorsOf);
    for (const [i, t] of this.#batches.flatMap(tensorsOf).entries()) t.copy_(at(given, i));
    this.#fillWeights(weightsOf(batches));
    this.#lr.fill_(stepper.optimizer.lr);
    this.#recording.replay();
    return pendingStep(stepper, tokensOf(batches), this.#numbers);
  }

  /** By kernels, which wait in the queue as the step does: a copy from the host would wait for the step before. */
  #fillWeights(weights: readonly number[]): void {
    for (const [i, weight] of weights.entries())
      if (weight !== this.#filled[i]) this.#weights.select(0, i).fill_(weight);
    this.#filled = weights;
  }

  #free(): void {
    for (const t of this.#own) t.dispose();
  }

  [Symbol.dispose](): void {
    this.#recording[Symbol.dispose]();
    this.#free();
  }
}

/**
 * The recorder of a run's steps; null where they are not recorded: on a CPU, whose work is not queued, and where
 * something in a step reads back to the host or is observed by it. `gpu` describes the device.
 */
export function stepRecorder(
  { model, compute, objective = nextToken(), activationCheckpointing = false }: Stepper,
  run: { readonly profiled: boolean; readonly optimizer: string },
  reporter: Warnings,
  gpu: { readonly kernels: boolean; readonly queue: () => DeviceQueue; readonly env: NodeJS.ProcessEnv } = {
    kernels: gpuKernels().used,
    queue: cudaQueue,
    env: process.env,
  },
): StepRecorder | null {
  const recordable =
    gpu.kernels &&
    gpu.env["TRAINER_RECORD_STEPS"] !== "0" &&
    compute.device === "cuda" &&
    model.recordable === true &&
    optimizerInfo(run.optimizer).recordable === true &&
    objective.recordable &&
    !activationCheckpointing && // it winds the generators back
    !run.profiled;
  return recordable ? new StepRecorder(gpu.queue(), reporter) : null;
}
