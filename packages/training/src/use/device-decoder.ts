import { logitsOf, RaggedKvCache, type CausalLm } from "@trainer/models";
import {
  aten,
  keep,
  noGrad,
  scope,
  tensor,
  zeros,
  type DeviceQueue,
  type Recording,
  type Tensor,
} from "@trainer/torch";
import type { GenerateOptions } from "./generate-options.js";
import { penalizeRows, sampleRows } from "./sample-rows.js";
import type { Sequence } from "./sequence.js";
import { halfWindow } from "./window.js";

/** Steps for which random numbers lie on the device, and drawn tokens are kept there. */
const BLOCK = 2048;
/** Steps given to the device at a time. Two such stretches are under way, so that it does not wait for the host. */
export const STRETCH = 8;

/** Tokens that were asked of the device: of each step one for each sequence. */
export interface Stretch {
  readonly steps: number;
  /** Waits for them: `steps` times as many as there are sequences, step after step. */
  readonly tokens: () => readonly number[];
}

/**
 * Writes sequences side by side with all that a step needs on the device: the tokens drawn last, how long each sequence
 * is, what was seen, the random numbers. A step is recorded once and replayed; the host reads tokens some steps behind
 * and drops what comes after the end of a sequence. Sequences draw from their own random numbers, as `sample` does.
 */
export class DeviceDecoder implements Disposable {
  readonly #model: CausalLm;
  readonly #sequences: readonly Sequence[];
  readonly #queue: DeviceQueue;
  readonly #cache: RaggedKvCache;
  readonly #tokens: Tensor; // (B) int64: drawn last
  readonly #step: Tensor; // (1) int64: the place in a block
  readonly #uniforms: Tensor; // (block, B) float64
  readonly #drawn: Tensor; // (block, B) int64
  readonly #seen: Tensor | null; // (B, V) bool, where what was said becomes less likely
  readonly #recording: Recording;
  readonly #ids: number[][]; // of each sequence, the token drawn last included
  #lengths: number[]; // of what the cache holds of each, at the end of the steps asked for
  readonly #block: number; // steps
  #at = 0; // of them asked for

  /**
   * Null where a model is not recorded: one without a cache of keys and values that may differ in length, or of a
   * context too short to move over a text.
   *
   * @param capacity the most tokens that a sequence has at a time
   */
  static of(
    model: CausalLm,
    sequences: readonly Sequence[],
    capacity: number,
    queue: DeviceQueue,
  ): DeviceDecoder | null {
    const [first] = sequences;
    if (first === undefined || model.ragged !== true || capacity < 4) return null;
    const cache = model.newCache(sequences.length, capacity, { ragged: true });
    if (cache instanceof RaggedKvCache) return new DeviceDecoder(model, sequences, first, cache, queue);
    cache.dispose();
    return null;
  }

  private constructor(
    model: CausalLm,
    sequences: readonly Sequence[],
    { options, vocab }: Sequence,
    cache: RaggedKvCache,
    queue: DeviceQueue,
  ) {
    this.#model = model;
    this.#sequences = sequences;
    this.#queue = queue;
    this.#cache = cache;
    this.#ids = sequences.map(({ prompt }) => [...prompt]);
    this.#lengths = sequences.map(() => 0);
    const { device } = model.head;
    const batch = sequences.length;
    this.#block = Math.max(STRETCH, Math.min(BLOCK, options.maxNewTokens));
    const integers = { dtype: "int64", device } as const;
    this.#tokens = keep(zeros([batch], integers));
    this.#step = keep(zeros([1], integers));
    this.#drawn = keep(zeros([this.#block, batch], integers));
    this.#uniforms = keep(zeros([this.#block, batch], { dtype: "float64", device }));
    this.#seen = options.repetitionPenalty === 1 ? null : keep(zeros([batch, vocab], { dtype: "bool", device }));
    try {
      this.#recording = queue.record(() => this.#oneStep(options, vocab));
    } catch (error) {
      this.#free();
      throw error;
    }
  }

  /** Reads each sequence's prompt, and calls `use` with the logits (V) of what follows, for it to draw its first token. */
  begin(use: (logits: Tensor, sequence: Sequence) => void): void {
    using single = this.#model.newCache(1, this.#cache.capacity);
    scope(() => {
      let before: readonly number[] | null = null;
      let expected: Tensor | null = null;
      for (const [row, sequence] of this.#sequences.entries()) {
        if (expected === null || before !== sequence.prompt) {
          single.truncate(0);
          expected = this.#read(sequence.prompt, single);
          before = sequence.prompt;
        }
        this.#cache.copyRow(row, single, 0);
        use(expected, sequence);
      }
    });
    for (const [row, { last }] of this.#sequences.entries()) this.#ids[row]?.push(last);
    this.#lengths = this.#sequences.map(({ prompt }) => prompt.length);
    this.#place();
  }

  /** How many steps, of `wanted`, can be asked for at once: as many as every sequence that goes on has places for. */
  room(wanted: number): number {
    const rooms = this.#sequences.map(({ finished }, row) =>
      finished === null ? this.#cache.capacity - (this.#lengths[row] ?? 0) : Infinity,
    );
    return Math.min(wanted, this.#block - (this.#at % this.#block), ...rooms);
  }

  /** Asks for some more steps, for which there must be room. */
  ask(steps: number): Stretch {
    if (this.#at === this.#block) this.#newBlock();
    for (let i = 0; i < steps; i += 1) this.#recording.replay();
    const from = this.#at;
    this.#at += steps;
    this.#lengths = this.#lengths.map((length) => length + steps);
    return { steps, tokens: scope(() => this.#queue.read(this.#drawn.narrow(0, from, steps))) };
  }

  /** Takes tokens that were asked for into the sequences' ids, for when they move on. */
  took(row: number, token: number): void {
    this.#ids[row]?.push(token);
  }

  /** Reads the last half of each full sequence anew. All that was asked for must have been taken. */
  moveOn(): void {
    const { capacity } = this.#cache;
    using single = this.#model.newCache(1, capacity);
    for (const [row, ids] of this.#ids.entries()) {
      if (this.#sequences[row]?.finished !== null || (this.#lengths[row] ?? 0) < capacity) continue;
      const stays = ids.slice(-halfWindow(capacity)); // the last of them is read by the next step
      single.truncate(0);
      this.#read(stays.slice(0, -1), single).dispose();
      this.#cache.copyRow(row, single, 0);
      this.#ids[row] = stays;
      this.#lengths[row] = stays.length - 1;
    }
    this.#cache.setLengths(this.#lengths);
  }

  /** What is recorded: one more token of each sequence. */
  #oneStep(options: GenerateOptions, vocab: number): void {
    noGrad(() => {
      const hidden = this.#model.hidden(this.#tokens.unsqueeze(1), { training: false, cache: this.#cache }); // (B, 1, C)
      const all = logitsOf(this.#model, hidden.select(1, 0)); // (B, V)
      const own = all.size(1) === vocab ? all : all.narrow(1, 0, vocab);
      const seen = this.#seen;
      const weighed = seen === null ? own : penalizeRows(own, seen, options.repetitionPenalty);
      const drawn = sampleRows(weighed, options, this.#uniforms.indexSelect(0, this.#step).select(0, 0));
      if (seen !== null) aten.scatter_(seen, 1, drawn.unsqueeze(1), 1);
      aten.scatterFrom_(this.#drawn, 0, this.#step.unsqueeze(0).expand([1, drawn.numel]), drawn.unsqueeze(0));
      this.#tokens.copy_(drawn);
      this.#step.add_(1);
    });
  }

  /** The logits (V) after `ids`, read into an empty cache of one sequence. */
  #read(ids: readonly number[], cache: ReturnType<CausalLm["newCache"]>): Tensor {
    return scope(() =>
      noGrad(() => {
        const input = tensor(ids, [1, ids.length], { dtype: "int64", device: this.#model.head.device });
        const hidden = this.#model.hidden(input, { training: false, cache });
        return logitsOf(this.#model, hidden.select(1, ids.length - 1)).select(0, 0);
      }),
    );
  }

  /** Puts what is known of the sequences onto the device. */
  #place(): void {
    scope(() =>
      noGrad(() => {
        const lasts = this.#sequences.map(({ last }) => last);
        this.#tokens.copy_(tensor(lasts, [lasts.length], { dtype: "int64" }));
        if (this.#seen !== null) this.#seen.copy_(this.#seenSoFar(this.#seen.size(1)));
      }),
    );
    this.#cache.setLengths(this.#lengths);
    this.#newBlock();
  }

  #seenSoFar(vocab: number): Tensor {
    const marks = new Uint8Array(this.#ids.length * vocab);
    for (const [row, ids] of this.#ids.entries()) for (const id of ids) marks[row * vocab + id] = 1;
    return tensor(marks, [this.#ids.length, vocab]);
  }

  /** Random numbers for as many steps as there are places, each sequence's from its own. */
  #newBlock(): void {
    this.#at = 0;
    const [block, batch] = [this.#block, this.#sequences.length];
    const numbers = new Float64Array(block * batch);
    for (const [row, { random, options }] of this.#sequences.entries()) {
      if (options.temperature === 0) continue;
      for (let step = 0; step < block; step += 1) numbers[step * batch + row] = random.next();
    }
    scope(() => this.#uniforms.copy_(tensor(numbers, [block, batch])));
    this.#step.zero_();
  }

  #free(): void {
    this.#cache.dispose();
    for (const t of [this.#tokens, this.#step, this.#uniforms, this.#drawn, this.#seen]) t?.dispose();
  }

  [Symbol.dispose](): void {
    this.#recording[Symbol.dispose]();
    this.#free();
  }
}
