import { logitsOf, type Cache, type CausalLm } from "@trainer/models";
import { cat, noGrad, scope, tensor, type Tensor } from "@trainer/torch";
import { halfWindow } from "./window.js";

/**
 * Reads sequences that begin with the same tokens and go on side by side, so that the weights are read once a step for
 * all of them, and gives what the model expects next of each. Texts may grow beyond the context: when the cache is full,
 * the last half of each is read again from position 0.
 *
 * What is expected does not depend on how many sequences there are: what is longer than a token is read one sequence
 * after another, and single tokens by products whose rows are independent (on the CPU, in float32).
 */
export class BatchReader implements Disposable {
  readonly #model: CausalLm;
  readonly #capacity: number | undefined;
  #cache: Cache;
  #ids: number[][] = []; // what the cache holds of each sequence

  /** @param tokens the most that a sequence will have, where that is known and less than the context */
  constructor(model: CausalLm, tokens = Infinity) {
    this.#model = model;
    this.#capacity = tokens < model.contextLength ? tokens : undefined;
    this.#cache = model.newCache(1, this.#capacity);
  }

  /**
   * Begins with `ids`, one token at least and at most a context of them, in one sequence or more. Calls `use` with the
   * logits (V) of what follows, valid during the call.
   */
  begin<T>(ids: readonly number[], sequences: number, use: (logits: Tensor) => T): T {
    return scope(() => {
      this.#cache.truncate(0);
      const logits = this.#feed(ids, 1, this.#cache).select(0, 0);
      this.#ids = Array.from({ length: sequences }, () => [...ids]);
      if (sequences > 1) this.#keep(this.#ids.map(() => 0));
      return use(logits);
    });
  }

  /**
   * Reads one more token of each sequence that goes on, given by its row in the last call; the others are forgotten, and
   * those left move up. Calls `use` with the logits (n, V) of what follows, valid during the call.
   */
  next<T>(tokens: ReadonlyMap<number, number>, use: (logits: Tensor) => T): T {
    const before = this.#ids.length;
    this.#ids = this.#ids.filter((_, row) => tokens.has(row));
    const ids = [...tokens.values()];
    for (const [i, sequence] of this.#ids.entries()) sequence.push(...ids.slice(i, i + 1));
    return scope(() => {
      if (this.#cache.length === this.#cache.capacity) return use(this.#moveOn());
      if (ids.length < before) this.#keep([...tokens.keys()]);
      return use(this.#feed(ids, ids.length, this.#cache));
    });
  }

  /** The cache with these of its rows. */
  #keep(rows: readonly number[]): void {
    const cache = this.#model.newCache(rows.length, this.#capacity);
    for (const [i, row] of rows.entries()) cache.copyRow(i, this.#cache, row);
    this.#replace(cache);
  }

  /** Reads the last half of each sequence anew; returns the logits (n, V) after it. */
  #moveOn(): Tensor {
    this.#ids = this.#ids.map((ids) => ids.slice(-halfWindow(this.#cache.capacity)));
    const cache = this.#model.newCache(this.#ids.length, this.#capacity);
    using single = this.#model.newCache(1, this.#capacity);
    const logits = this.#ids.map((ids, row) => {
      single.truncate(0);
      const expected = this.#feed(ids, 1, single); // (1, V)
      cache.copyRow(row, single, 0);
      return expected;
    });
    this.#replace(cache);
    return cat(logits, 0);
  }

  #replace(cache: Cache): void {
    this.#cache.dispose();
    this.#cache = cache;
  }

  /** The logits (n, V) after `n` stretches of equal length. */
  #feed(ids: readonly number[], n: number, cache: Cache): Tensor {
    const length = ids.length / n;
    return scope(() =>
      noGrad(() => {
        const next = length === 1 ? this.#model.next?.(ids, cache) : null;
        if (next) return next;
        const input = tensor(ids, [n, length], { dtype: "int64", device: this.#model.head.device });
        const hidden = this.#model.hidden(input, { training: false, cache }); // (n, T, C)
        return logitsOf(this.#model, hidden.select(1, length - 1)); // (n, C) -> (n, V)
      }),
    );
  }

  dispose(): void {
    this.#cache.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
