import {
  cudaQueue,
  emptyCache,
  full,
  gpuKernels,
  keep,
  scope,
  stack,
  zeros,
  type DeviceQueue,
  type Recording,
  type Tensor,
} from "@trainer/torch";
import type { Batch } from "../bins/batch-loader.js";
import { pendingStep, queueStep, updateOnDevice, type QueuedStep, type Stepper } from "./step.js";

/** Steps of one shape that are computed in the ordinary way first: libraries choose their kernels in them. */
const WARM_UPS = 3;

/**
 * Queues steps as `queueStep` does, but for batches of one shape records what the device does in a step, and replays it: a
 * step then costs the host one call, where it else costs hundreds. The bits are the same. It serves one run: its model and
 * optimizer are part of the recording.
 */
export class StepRecorder implements Disposable {
  /** How often each shape came. */
  readonly #seen = new Map<string, number>();
  #recorded: RecordedStep | null = null;
  #failed = false;

  constructor(
    private readonly queue: DeviceQueue,
    private readonly onFailure: (error: Error) => void = () => {},
  ) {}

  readonly queueStep = (stepper: Stepper, next: () => Batch, count = 1): QueuedStep =>
    scope(() => this.#queue(stepper, next, count));

  #queue(stepper: Stepper, next: () => Batch, count: number): QueuedStep {
    const batches = Array.from({ length: count }, next);
    const shape = shapeOf(batches);
    const given = batches[Symbol.iterator]();
    const ordinary = () => queueStep(stepper, () => nextOf(given), count);
    const seen = (this.#seen.get(shape) ?? 0) + 1;
    this.#seen.set(shape, seen);
    // While fp16's scale is a guess, the host has to look at each step.
    const ready = seen > WARM_UPS && stepper.scaler?.calibrated !== false && !this.#failed;
    if (!ready || (this.#recorded !== null && this.#recorded.shape !== shape)) return ordinary();
    try {
      this.#recorded ??= new RecordedStep(stepper, batches, this.queue);
    } catch (error) {
      this.#failed = true; // memory may not suffice for it, or a library refuses to be recorded
      stepper.optimizer.zeroGrad();
      this.onFailure(error instanceof Error ? error : new Error(String(error)));
      return ordinary();
    }
    return this.#recorded.replay(batches);
  }

  [Symbol.dispose](): void {
    this.#recorded?.[Symbol.dispose]();
    this.#recorded = null;
  }
}

function nextOf(batches: Iterator<Batch>): Batch {
  const { value, done } = batches.next();
  if (done === true) throw new RangeError("a step asked for more batches than it has");
  return value;
}

const tokensOf = (batches: readonly Batch[]): number => batches.reduce((sum, { tokens }) => sum + tokens, 0);

const tensorsOf = ({ inputs, targets, documents }: Batch): Tensor[] =>
  documents === undefined ? [inputs, targets] : [inputs, targets, documents];

/** What of batches is part of a recording: their sizes, and how much each weighs. */
const shapeOf = (batches: readonly Batch[]): string =>
  JSON.stringify(batches.map((batch) => [batch.tokens, ...tensorsOf(batch).map((t) => t.shape)]));

/** One step, recorded: batches and learning rate are put where it reads them, and its numbers lie where it wrote them. */
class RecordedStep implements Disposable {
  readonly shape: string;
  readonly #batches: readonly Batch[];
  readonly #lr: Tensor; // ()
  readonly #numbers: Tensor; // (3)
  readonly #recording: Recording;

  constructor(
    private readonly stepper: Stepper,
    batches: readonly Batch[],
    queue: DeviceQueue,
  ) {
    const { device } = stepper.compute;
    this.shape = shapeOf(batches);
    this.#batches = batches.map(({ inputs, targets, documents, tokens }) => ({
      inputs: keep(inputs.clone()),
      targets: keep(targets.clone()),
      ...(documents === undefined ? {} : { documents: keep(documents.clone()) }),
      tokens,
    }));
    this.#lr = keep(full([], stepper.optimizer.lr, { device }));
    this.#numbers = keep(zeros([3], { device }));
    const work = {
      stepper: { ...stepper, freeMemory: null }, // a step that is recorded cannot be tried again
      batches: this.#batches,
      tokens: tokensOf(batches),
    };
    emptyCache(device); // what ordinary steps took is not shared with the recording
    try {
      this.#recording = queue.record(() => this.#numbers.copy_(stack(updateOnDevice(work, this.#lr))), { warm: true });
    } catch (error) {
      this.#free();
      throw error;
    }
  }

  replay(batches: readonly Batch[]): QueuedStep {
    for (const [i, own] of this.#batches.entries()) {
      const given = batches.slice(i, i + 1).flatMap(tensorsOf);
      for (const [j, t] of tensorsOf(own).entries()) given.slice(j, j + 1).forEach((from) => t.copy_(from));
    }
    this.#lr.fill_(this.stepper.optimizer.lr);
    this.#recording.replay();
    return pendingStep(this.stepper, tokensOf(batches), this.#numbers);
  }

  #free(): void {
    for (const t of [...this.#batches.flatMap(tensorsOf), this.#lr, this.#numbers]) t.dispose();
  }

  [Symbol.dispose](): void {
    this.#recording[Symbol.dispose]();
    this.#free();
  }
}

/**
 * What records a run's steps; null where they are not recorded: on a CPU, which is given no work ahead, and where something
 * in a step asks the host or is to be seen by it. `gpu` says what there is.
 */
export function stepRecorder(
  { model, compute, activationCheckpointing = false }: Stepper,
  run: { readonly profiled: boolean; readonly optimizer: string },
  onFailure: (error: Error) => void,
  gpu: { readonly kernels: boolean; readonly queue: () => DeviceQueue } = {
    kernels: gpuKernels().used,
    queue: cudaQueue,
  },
): StepRecorder | null {
  const recordable =
    gpu.kernels &&
    compute.device === "cuda" &&
    model.recordable === true &&
    run.optimizer === "adamw" && // the others have their learning rate from the host
    !activationCheckpointing && // it winds the generators back
    !run.profiled;
  return recordable ? new StepRecorder(gpu.queue(), onFailure) : null;
}
