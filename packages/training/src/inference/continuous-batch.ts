import { setImmediate } from "node:timers/promises";
import type { CausalLm } from "@trainer/models";
import { Beginnings } from "./beginnings.js";
import { DecodingGroup, type Group } from "./decoding-group.js";
import { DecodingRequest } from "./decoding-request.js";
import { PagedGroup } from "./paged-group.js";
import type { Sequence, SequenceEvent } from "./sequence.js";

/** Longest wait of the event loop, beside the step in flight. */
const RESPONSE_MS = 4;

/**
 * Decodes the sequences of all callers in shared batches, so that the weights are read once a step for all of them
 * (continuous batching: Yu et al. 2022, Orca). A request joins at the next step, and none waits for another to end. The
 * text of a sequence does not depend on its batch: to the bit on a CPU in float32.
 */
export class ContinuousBatch implements Disposable {
  readonly #model: CausalLm;
  readonly #cacheBytes: number | null;
  #beginnings: Beginnings | null = null;
  #groups: readonly Group[] = [];
  #isRunning = false;

  /** @param cacheBytes the most that pages of texts take which have ended; null: nothing is read in pages */
  constructor(model: CausalLm, cacheBytes: number | null) {
    this.#model = model;
    this.#cacheBytes = cacheBytes;
  }

  /** Writes these sequences to the end of each; steps do not wait until events are fetched. */
  async *write(
    sequences: readonly Sequence[],
    signal: AbortSignal | undefined,
  ): AsyncGenerator<SequenceEvent, void, undefined> {
    signal?.throwIfAborted();
    const request = new DecodingRequest(sequences);
    try {
      for (const sequence of sequences) {
        const row = { sequence, request };
        if (!this.#groups.some((group) => group.admit(row))) this.#newGroup().admit(row);
      }
      if (!this.#isRunning) this.#run().catch((error: unknown) => request.fail(error));
      yield* request.events(signal);
    } finally {
      request.close();
      this.#disposeEmpty();
    }
  }

  /** Steps, for as long as there is anything to be written. */
  async #run(): Promise<void> {
    this.#isRunning = true;
    try {
      await setImmediate(); // callers of the same moment begin together
      for (let ran = performance.now(); this.#groups.some(({ isEmpty }) => !isEmpty);) {
        for (const group of this.#groups) {
          group.step();
          if (performance.now() - ran < RESPONSE_MS) continue;
          await setImmediate();
          ran = performance.now();
        }
      }
    } finally {
      this.#isRunning = false;
    }
  }

  #newGroup(): Group {
    this.#beginnings ??= this.#newBeginnings();
    const group =
      this.#beginnings === null ? new DecodingGroup(this.#model) : new PagedGroup(this.#model, this.#beginnings);
    this.#groups = [...this.#groups, group];
    return group;
  }

  /** Null where nothing is read in pages. */
  #newBeginnings(): Beginnings | null {
    if (this.#cacheBytes === null) return null;
    const pages = this.#model.newPages?.() ?? null;
    return pages && new Beginnings(pages, this.#cacheBytes);
  }

  #disposeEmpty(): void {
    for (const group of this.#groups.filter(({ isEmpty }) => isEmpty)) group[Symbol.dispose]();
    this.#groups = this.#groups.filter(({ isEmpty }) => !isEmpty);
    if (this.#groups.length === 0 && this.#cacheBytes === 0) this[Symbol.dispose]();
  }

  /** Frees what is kept for texts to come. */
  [Symbol.dispose](): void {
    this.#beginnings?.[Symbol.dispose]();
    this.#beginnings = null;
  }
}
