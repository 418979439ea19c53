import { logitsOf, type Cache } from "@trainer/models";
import { noGrad, scope, tensor, type Tensor } from "@trainer/torch";
import type { RecordedStep } from "./recorded-step.js";
import type { Sequence } from "./sequence.js";
import { halfWindow } from "./window.js";

/** Steps given to the device at a time. Two such stretches are under way, so that it does not wait for the host. */
export const STRETCH = 8;

/** Waits for the tokens of some steps: of each step one for each sequence, step after step. */
export type Stretch = () => readonly number[];

/**
 * Writes sequences side by side by a step that is recorded and replayed. The host reads tokens some steps behind, and
 * drops what comes after the end of a sequence. Sequences draw from their own random numbers, as `sample` does.
 */
export class DeviceDecoder {
  readonly #step: RecordedStep;
  readonly #sequences: readonly Sequence[];
  readonly #ids: number[][]; // of each sequence, the token drawn last included
  #lengths: number[]; // of what the cache holds of each, at the end of the steps asked for
  #at = 0; // steps of this block asked for

  /** @param step of as many sequences, which is this decoder's alone */
  constructor(step: RecordedStep, sequences: readonly Sequence[]) {
    this.#step = step;
    this.#sequences = sequences;
    this.#ids = sequences.map(({ prompt }) => [...prompt]);
    this.#lengths = sequences.map(({ prompt }) => prompt.length);
  }

  /** Reads each sequence's prompt, and calls `use` with the logits (V) of what follows, for it to draw its first token. */
  begin(use: (logits: Tensor, sequence: Sequence) => void): void {
    const { model, cache } = this.#step;
    using single = model.newCache(1, cache.capacity);
    scope(() => {
      let before: readonly number[] | null = null;
      let expected: Tensor | null = null;
      for (const [row, sequence] of this.#sequences.entries()) {
        if (expected === null || before !== sequence.prompt) {
          single.truncate(0);
          expected = this.#read(sequence.prompt, single);
          before = sequence.prompt;
        }
        cache.copyRow(row, single, 0);
        use(expected, sequence);
      }
    });
    for (const [row, { last }] of this.#sequences.entries()) this.#ids[row]?.push(last);
    this.#place();
  }

  /** How many steps, of `wanted`, can be asked for at once: as many as every sequence that goes on has places for. */
  room(wanted: number): number {
    const { block, cache } = this.#step;
    const rooms = this.#sequences.map(({ finished }, row) =>
      finished === null ? cache.capacity - (this.#lengths[row] ?? 0) : Infinity,
    );
    return Math.min(wanted, block - (this.#at % block), ...rooms);
  }

  /** Asks for some more steps, for which there must be room. */
  ask(steps: number): Stretch {
    const { block, drawn, queue } = this.#step;
    if (this.#at === block) this.#newBlock();
    for (let i = 0; i < steps; i += 1) this.#step.replay();
    const from = this.#at;
    this.#at += steps;
    this.#lengths = this.#lengths.map((length) => length + steps);
    return scope(() => queue.read(drawn.narrow(0, from, steps)));
  }

  /** A sequence has taken its next token. */
  took(row: number, token: number): void {
    this.#ids[row]?.push(token);
  }

  /** Reads the last half of each full sequence anew. All that was asked for must have been taken. */
  moveOn(): void {
    const { model, cache } = this.#step;
    using single = model.newCache(1, cache.capacity);
    for (const [row, ids] of this.#ids.entries()) {
      if (this.#sequences[row]?.finished !== null || (this.#lengths[row] ?? 0) < cache.capacity) continue;
      const stays = ids.slice(-halfWindow(cache.capacity)); // the last of them is read by the next step
      single.truncate(0);
      this.#read(stays.slice(0, -1), single).dispose();
      cache.copyRow(row, single, 0);
      this.#ids[row] = stays;
      this.#lengths[row] = stays.length - 1;
    }
    cache.setLengths(this.#lengths);
  }

  /** The logits (V) after `ids`, read into an empty cache of one sequence. */
  #read(ids: readonly number[], cache: Cache): Tensor {
    const { model } = this.#step;
    return scope(() =>
      noGrad(() => {
        const input = tensor(ids, [1, ids.length], { dtype: "int64", device: model.head.device });
        const hidden = model.hidden(input, { training: false, cache });
        return logitsOf(model, hidden.select(1, ids.length - 1)).select(0, 0);
      }),
    );
  }

  /** Puts what is known of the sequences onto the device. */
  #place(): void {
    const { tokens, seen, cache } = this.#step;
    scope(() => {
      const lasts = this.#sequences.map(({ last }) => last);
      tokens.copy_(tensor(lasts, [lasts.length], { dtype: "int64" }));
      seen?.copy_(this.#seenSoFar(seen.size(1)));
    });
    cache.setLengths(this.#lengths);
    this.#newBlock();
  }

  #seenSoFar(vocab: number): Tensor {
    const marks = new Uint8Array(this.#ids.length * vocab);
    for (const [row, ids] of this.#ids.entries()) for (const id of ids) marks[row * vocab + id] = 1;
    return tensor(marks, [this.#ids.length, vocab]);
  }

  /** Random numbers for as many steps as there are places, or tokens to write: each sequence's from its own. */
  #newBlock(): void {
    const { block, uniforms, place } = this.#step;
    const batch = this.#sequences.length;
    const steps = Math.min(block, ...this.#sequences.map(({ options }) => options.maxNewTokens));
    const numbers = new Float64Array(steps * batch);
    for (const [row, { random, options }] of this.#sequences.entries()) {
      if (options.temperature === 0) continue; // draws nothing
      for (let step = 0; step < steps; step += 1) numbers[step * batch + row] = random.next();
    }
    scope(() => {
      uniforms.narrow(0, 0, steps).copy_(tensor(numbers, [steps, batch]));
    });
    place.zero_();
    this.#at = 0;
  }
}
