import { at } from "@trainer/disk";
import { logitsOf, type Cache, type CausalLm } from "@trainer/models";
import { cat, noGrad, scope, tensor, type Tensor } from "@trainer/torch";
import { halfWindow } from "./window.js";

/** A text that sequences begin with. */
export interface Beginning {
  /** One token at least and at most a context of them. */
  readonly ids: readonly number[];
  /** Number of sequences that continue it. */
  readonly sequences: number;
}

/**
 * Reads sequences side by side, so that the weights are read once a step for all of them, and gives what the model expects
 * next of each. Texts may grow beyond the context: the last half of one that has filled it is read again from position 0.
 *
 * What is expected does not depend on how many sequences there are: what is longer than a token is read one sequence
 * after another, and single tokens by products whose rows are independent (on the CPU, in float32).
 */
export class BatchReader implements Disposable {
  readonly #model: CausalLm;
  /** The most tokens that a sequence will have. */
  #tokens = 0;
  #cache: Cache;
  #ids: number[][] = []; // what the cache holds of each sequence

  constructor(model: CausalLm) {
    this.#model = model;
    this.#cache = model.newCache(1, 1); // of nothing yet
  }

  /**
   * Begins with several texts, of different lengths where the model is `ragged`, beside the sequences that there are;
   * their sequences are the next rows, in this order, and will have at most so many `tokens`. Calls `use` with the logits
   * (texts, V) of what follows each, valid during the call. What throws before leaves the sequences there are as they were.
   */
  beginEach(beginnings: readonly Beginning[], tokens: number, use: (logits: Tensor) => void): void {
    scope(() => {
      const begun = beginnings.flatMap(({ ids, sequences }) => Array.from({ length: sequences }, () => [...ids]));
      const before = this.#ids.length;
      const all = [...this.#ids, ...begun];
      const longest = Math.max(this.#tokens, tokens);
      const logits = this.#refill(all, longest, (cache) => {
        if (all.length === 1) return all.map((ids) => this.#feed(ids, 1, cache)); // in its place at once
        for (let row = 0; row < before; row += 1) cache.copyRow(row, this.#cache, row);
        using single = this.#newCache([[]], longest);
        let row = before;
        return beginnings.map(({ ids, sequences }) => {
          single.truncate(0);
          const expected = this.#feed(ids, 1, single); // (1, V)
          for (const end = row + sequences; row < end; row += 1) cache.copyRow(row, single, 0);
          return expected;
        });
      });
      use(cat(logits, 0));
    });
  }

  /**
   * Reads one more token of each sequence that goes on, given by its row in the last call; the others are forgotten, and
   * those left move up. Calls `use` with the logits (n, V) of what follows, valid during the call.
   */
  next(tokens: ReadonlyMap<number, number>, use: (logits: Tensor) => void): void {
    const before = this.#ids.length;
    this.#ids = this.#ids.filter((_, row) => tokens.has(row));
    if (tokens.size === 0) return;
    const ids = [...tokens.values()];
    for (const [i, sequence] of this.#ids.entries()) sequence.push(at(ids, i));
    scope(() => {
      if (this.#ids.some((sequence) => sequence.length > this.#cache.capacity)) {
        return use(this.#moveOn([...tokens.keys()]));
      }
      if (ids.length < before) this.#keep([...tokens.keys()]);
      return use(this.#feed(ids, ids.length, this.#cache));
    });
  }

  #newCache(sequences: readonly (readonly number[])[], tokens: number): Cache {
    const [first = 0, ...others] = sequences.map(({ length }) => length);
    const ragged = others.some((length) => length !== first);
    const capacity = tokens < this.#model.contextLength ? tokens : undefined; // undefined: all that the model takes
    return this.#model.newCache(sequences.length, capacity, { ragged });
  }

  /** Goes over to a cache of these sequences when `fill` has filled it. */
  #refill<T>(sequences: number[][], tokens: number, fill: (cache: Cache) => T): T {
    const cache = this.#newCache(sequences, tokens);
    try {
      const filled = fill(cache);
      this.#cache.dispose();
      [this.#cache, this.#ids, this.#tokens] = [cache, sequences, tokens];
      return filled;
    } catch (error) {
      cache.dispose();
      throw error;
    }
  }

  /** Goes over to a cache with these of its rows, which are those of the sequences left. */
  #keep(rows: readonly number[]): void {
    this.#refill(this.#ids, this.#tokens, (cache) => {
      for (const [i, row] of rows.entries()) cache.copyRow(i, this.#cache, row);
    });
  }

  /**
   * Reads the last half of each full sequence again, and one token of each other, in the cache's `rows`; returns the
   * logits (n, V) after it.
   */
  #moveOn(rows: readonly number[]): Tensor {
    const { capacity } = this.#cache;
    const all = this.#ids;
    const going = [...all.entries()].flatMap(([i, ids]) => (ids.length > capacity ? [] : [i]));
    this.#ids = going.map((i) => at(all, i));
    let logits: Tensor | null = null; // (going, V)
    if (going.length > 0) {
      this.#keep(going.map((i) => at(rows, i)));
      logits = this.#feed(
        this.#ids.flatMap((ids) => ids.slice(-1)),
        going.length,
        this.#cache,
      );
    }
    const moved = all.map((ids) => (ids.length > capacity ? ids.slice(-halfWindow(capacity)) : ids));
    const expected = this.#refill(moved, this.#tokens, (cache) => {
      using single = this.#newCache([[]], this.#tokens);
      return moved.map((ids, row) => {
        const at = going.indexOf(row);
        if (logits !== null && at >= 0) {
          cache.copyRow(row, this.#cache, at);
          return logits.narrow(0, at, 1);
        }
        single.truncate(0);
        const anew = this.#feed(ids, 1, single); // (1, V)
        cache.copyRow(row, single, 0);
        return anew;
      });
    });
    return cat(expected, 0);
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
