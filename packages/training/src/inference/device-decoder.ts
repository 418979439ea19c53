import { logitsOf, type Cache } from "@trainer/models";
import { noGrad, scope, tensor, type Tensor } from "@trainer/torch";
import type { RecordedStep } from "./recorded-step.js";
import type { Sequence } from "./sequence.js";
import { halfWindow } from "./window.js";

/** Steps given to the device at a time. Two such stretches are under way, so that it does not wait for the host. */
export const STRETCH = 8;

/** Waits for the tokens of some steps: of each step one for each sequence, step after step. */
export type Stretch = () => readonly number[];

interface Row {
  readonly sequence: Sequence;
  /** The token drawn last included. */
  ids: number[];
  /** Length of the cache after the requested steps. */
  length: number;
}

/**
 * Writes sequences side by side by a step that is recorded and replayed. The host reads tokens some steps behind, and
 * drops what comes after the end of a sequence. Sequences draw from their own random numbers, as `sample` does.
 */
export class DeviceDecoder {
  readonly #step: RecordedStep;
  readonly #rows: readonly Row[];
  #at = 0; // requested steps of this block

  /** @param step of as many sequences, which is this decoder's alone */
  constructor(step: RecordedStep, sequences: readonly Sequence[]) {
    this.#step = step;
    this.#rows = sequences.map((sequence) => ({
      sequence,
      ids: [...sequence.prompt],
      length: sequence.prompt.length,
    }));
  }

  /** Reads each sequence's prompt, and calls `use` with the logits (V) of what follows, for it to draw its first token. */
  begin(use: (logits: Tensor, sequence: Sequence) => void): void {
    const { model, cache } = this.#step;
    using single = model.newCache(1, cache.capacity);
    scope(() => {
      let before: readonly number[] | null = null;
      let expected: Tensor | null = null;
      for (const [i, { sequence }] of this.#rows.entries()) {
        if (expected === null || before !== sequence.prompt) {
          single.truncate(0);
          expected = this.#read(sequence.prompt, single);
          before = sequence.prompt;
        }
        cache.copyRow(i, single, 0);
        use(expected, sequence);
      }
    });
    for (const { ids, sequence } of this.#rows) ids.push(sequence.last);
    this.#place();
  }

  /**
   * Number of steps, up to `wanted`, that can be requested at once: as many as every active sequence has places for.
   */
  room(wanted: number): number {
    const { block, cache } = this.#step;
    const rooms = this.#rows.map(({ sequence, length }) =>
      sequence.finished === null ? cache.capacity - length : Infinity,
    );
    return Math.min(wanted, block - (this.#at % block), ...rooms);
  }

  /** Requests some more steps, for which there must be room. */
  ask(steps: number): Stretch {
    const { block, drawn, queue } = this.#step;
    if (this.#at === block) this.#newBlock();
    for (let i = 0; i < steps; i += 1) this.#step.replay();
    const from = this.#at;
    this.#at += steps;
    for (const row of this.#rows) row.length += steps;
    return scope(() => queue.read(drawn.narrow(0, from, steps)));
  }

  /** Waits for tokens and gives each to its sequence, which is yielded with it; those of sequences that ended are dropped. */
  *take(stretch: Stretch): Generator<Sequence, void, undefined> {
    const tokens = stretch();
    for (let at = 0; at < tokens.length; at += this.#rows.length) {
      for (const [i, { sequence, ids }] of this.#rows.entries()) {
        if (sequence.finished !== null) continue; // the device went on, as it did not know
        for (const token of tokens.slice(at + i, at + i + 1)) {
          sequence.take(token);
          ids.push(token);
        }
        yield sequence;
      }
    }
  }

  /** Reads the last half of each full sequence again. All requested steps must have been taken. */
  moveOn(): void {
    const { model, cache } = this.#step;
    using single = model.newCache(1, cache.capacity);
    for (const [i, row] of this.#rows.entries()) {
      if (row.sequence.finished !== null || row.length < cache.capacity) continue;
      row.ids = row.ids.slice(-halfWindow(cache.capacity));
      row.length = row.ids.length - 1; // the last of them is read by the next step
      single.truncate(0);
      this.#read(row.ids.slice(0, -1), single).dispose();
      cache.copyRow(i, single, 0);
    }
    this.#setLengths();
  }

  #setLengths(): void {
    this.#step.cache.setLengths(this.#rows.map(({ length }) => length));
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
    const { tokens, seen } = this.#step;
    scope(() => {
      const lasts = this.#rows.map(({ sequence }) => sequence.last);
      tokens.copy_(tensor(lasts, [lasts.length], { dtype: "int64" }));
      seen?.copy_(this.#seenSoFar(seen.size(1)));
    });
    this.#setLengths();
    this.#newBlock();
  }

  #seenSoFar(vocab: number): Tensor {
    const marks = new Uint8Array(this.#rows.length * vocab);
    for (const [i, { ids }] of this.#rows.entries()) for (const id of ids) marks[i * vocab + id] = 1;
    return tensor(marks, [this.#rows.length, vocab]);
  }

  /** Random numbers for as many steps as there are places, or tokens to write: each sequence's from its own. */
  #newBlock(): void {
    const { block, uniforms, place } = this.#step;
    const batch = this.#rows.length;
    const steps = Math.min(block, ...this.#rows.map(({ sequence }) => sequence.options.maxNewTokens));
    const numbers = new Float64Array(steps * batch);
    for (const [i, { sequence }] of this.#rows.entries()) {
      const { random, options } = sequence;
      if (options.temperature === 0) continue; // draws nothing
      for (let step = 0; step < steps; step += 1) numbers[step * batch + i] = random.next();
    }
    scope(() => {
      uniforms.narrow(0, 0, steps).copy_(tensor(numbers, [steps, batch]));
    });
    place.zero_();
    this.#at = 0;
  }
}
