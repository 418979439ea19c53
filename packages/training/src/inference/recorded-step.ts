import { logitsOf, RaggedKvCache, type CausalLm } from "@trainer/models";
import {
  aten,
  keep,
  noGrad,
  sampleRows,
  zeros,
  type DeviceQueue,
  type Recording,
  type RowSampling,
  type Tensor,
} from "@trainer/torch";
import { absentBias } from "./absent.js";

/** Steps whose random numbers and drawn tokens are kept on the device. */
const BLOCK = 1024;

/** Capacities are rounded up to it, so that texts of other lengths can be written by the same recording. */
const CAPACITY_STEP = 256;

/** Shape of a recorded step. */
export interface StepShape {
  readonly sequences: number;
  /** The most tokens that a sequence has at a time. */
  readonly capacity: number;
  /** Number of ids to draw from. */
  readonly vocab: number;
  readonly sampling: RowSampling;
  /** Those of them that stand for no token. */
  readonly absent: readonly number[];
}

/**
 * One more token of each of some sequences, recorded: tensors on the device hold the last tokens, the lengths, the seen
 * ids and the random numbers, and a replay advances all of them.
 */
export class RecordedStep implements Disposable {
  readonly block: number = BLOCK;
  readonly tokens: Tensor; // (B) int64: drawn last
  readonly place: Tensor; // (1) int64: the step's in a block
  readonly uniforms: Tensor; // (block, B) float64
  readonly drawn: Tensor; // (block, B) int64
  readonly seen: Tensor | null; // (B, V) bool, if repetitions are penalized
  readonly #bias: Tensor | null; // (V)
  readonly #recording: Recording;

  /**
   * Null where a model is not recorded: one without a cache of keys and values whose sequences may differ in length, or
   * with a context too short to move over a text.
   */
  static of(model: CausalLm, shape: StepShape, queue: DeviceQueue): RecordedStep | null {
    const capacity = Math.min(model.contextLength, Math.ceil(shape.capacity / CAPACITY_STEP) * CAPACITY_STEP);
    if (model.ragged !== true || capacity < 4) return null;
    const cache = model.newCache(shape.sequences, capacity, { ragged: true });
    if (cache instanceof RaggedKvCache) return new RecordedStep(model, shape, cache, queue);
    cache.dispose();
    return null;
  }

  private constructor(
    readonly model: CausalLm,
    readonly shape: StepShape,
    readonly cache: RaggedKvCache,
    readonly queue: DeviceQueue,
  ) {
    const { sequences, vocab, sampling } = shape;
    const { device } = model.head;
    const integers = { dtype: "int64", device } as const;
    this.tokens = keep(zeros([sequences], integers));
    this.place = keep(zeros([1], integers));
    this.drawn = keep(zeros([BLOCK, sequences], integers));
    this.uniforms = keep(zeros([BLOCK, sequences], { dtype: "float64", device }));
    this.seen = sampling.repetitionPenalty === 1 ? null : keep(zeros([sequences, vocab], { dtype: "bool", device }));
    const bias = absentBias(shape.absent, vocab, device);
    this.#bias = bias && keep(bias);
    try {
      this.#recording = queue.record(() => noGrad(() => this.#step()));
    } catch (error) {
      this.#free();
      throw error;
    }
  }

  replay(): void {
    this.#recording.replay();
  }

  #step(): void {
    const { vocab, sampling } = this.shape;
    const hidden = this.model.hidden(this.tokens.unsqueeze(1), { training: false, cache: this.cache }); // (B, 1, C)
    const all = logitsOf(this.model, hidden.select(1, 0)); // (B, V)
    const rows = all.size(1) === vocab ? all : all.narrow(1, 0, vocab);
    const own = this.#bias === null ? rows : rows.add(this.#bias);
    const uniform = this.uniforms.indexSelect(0, this.place).select(0, 0); // (B)
    const drawn = sampleRows(own, this.seen, sampling, uniform); // (B)
    if (this.seen !== null) aten.scatter_(this.seen, 1, drawn.unsqueeze(1), 1);
    aten.scatterFrom_(this.drawn, 0, this.place.unsqueeze(0).expand([1, drawn.numel]), drawn.unsqueeze(0));
    this.tokens.copy_(drawn);
    this.place.add_(1);
  }

  #free(): void {
    this.cache.dispose();
    for (const t of [this.tokens, this.place, this.uniforms, this.drawn, this.seen, this.#bias]) t?.dispose();
  }

  [Symbol.dispose](): void {
    this.#recording[Symbol.dispose]();
    this.#free();
  }
}

/**
 * Keeps the step that was recorded last for the next generation of the same kind, as recording takes as long as many
 * tokens. Who takes a step has it alone, and gives it back.
 */
export class RecordedSteps implements Disposable {
  #kept: RecordedStep | null = null;

  /** The step that is kept, if it fits, or a new one. Null and throws as `RecordedStep.of`. */
  take(model: CausalLm, shape: StepShape, queue: DeviceQueue): RecordedStep | null {
    const kept = this.#kept;
    this.#kept = null;
    if (kept !== null && kept.model === model && kept.queue === queue && serves(kept, shape)) return kept;
    kept?.[Symbol.dispose]();
    return RecordedStep.of(model, shape, queue);
  }

  give(step: RecordedStep): void {
    this.#kept?.[Symbol.dispose]();
    this.#kept = step;
  }

  [Symbol.dispose](): void {
    this.#kept?.[Symbol.dispose]();
    this.#kept = null;
  }
}

/** True if a step can generate sequences of this shape: a cache may be larger than needed. */
function serves({ model, cache, shape }: RecordedStep, wanted: StepShape): boolean {
  const alike = (of: StepShape) => JSON.stringify([of.sequences, of.vocab, of.sampling, of.absent]);
  return alike(shape) === alike(wanted) && Math.min(wanted.capacity, model.contextLength) <= cache.capacity;
}
