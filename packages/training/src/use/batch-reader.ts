import { logitsOf, type Cache, type CausalLm } from "@trainer/models";
import { cat, noGrad, scope, tensor, type Tensor } from "@trainer/torch";
import { halfWindow } from "./window.js";

/** A text that sequences begin with. */
export interface Beginning {
  /** One token at least and at most a context of them. */
  readonly ids: readonly number[];
  /** How many go on from it. */
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
   * Begins with several texts, of different lengths where the model is `ragged`; their sequences are rows in this order.
   * Calls `use` with the logits (texts, V) of what follows each, valid during the call. Once a reader.
   */
  beginEach<T>(beginnings: readonly Beginning[], use: (logits: Tensor) => T): T {
    return scope(() => {
      this.#ids = beginnings.flatMap(({ ids, sequences }) => Array.from({ length: sequences }, () => [...ids]));
      if (this.#ids.length === 1) return use(this.#feed(this.#ids.flat(), 1, this.#cache));
      const cache = this.#newCache();
      let row = 0;
      const logits = beginnings.map(({ ids, sequences }) => {
        this.#cache.truncate(0);
        const expected = this.#feed(ids, 1, this.#cache); // (1, V)
        for (const end = row + sequences; row < end; row += 1) cache.copyRow(row, this.#cache, 0);
        return expected;
      });
      this.#replace(cache);
      return use(cat(logits, 0));
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
      if (this.#ids.some((sequence) => sequence.length > this.#cache.capacity)) {
        return use(this.#moveOn([...tokens.keys()]));
      }
      if (ids.length < before) this.#keep([...tokens.keys()]);
      return use(this.#feed(ids, ids.length, this.#cache));
    });
  }

  /** A cache for all sequences. */
  #newCache(): Cache {
    const [first = 0, ...others] = this.#ids.map(({ length }) => length);
    const ragged = others.some((length) => length !== first);
    return this.#model.newCache(this.#ids.length, this.#capacity, { ragged });
  }

  /** The cache with these of its rows, which are those of the sequences left. */
  #keep(rows: readonly number[]): void {
    const cache = this.#newCache();
    for (const [i, row] of rows.entries()) cache.copyRow(i, this.#cache, row);
    this.#replace(cache);
  }

  /**
   * Reads the last half of each sequence that is full anew, and one token of each other, in the cache's `rows`; returns
   * the logits (n, V) after it.
   */
  #moveOn(rows: readonly number[]): Tensor {
    const { capacity } = this.#cache;
    const all = this.#ids;
    const going = [...all.entries()].flatMap(([i, ids]) => (ids.length > capacity ? [] : [i]));
    this.#ids = going.flatMap((i) => all.slice(i, i + 1));
    let logits: Tensor | null = null; // (going, V)
    if (going.length > 0) {
      this.#keep(going.flatMap((i) => rows.slice(i, i + 1)));
      logits = this.#feed(
        this.#ids.flatMap((ids) => ids.slice(-1)),
        going.length,
        this.#cache,
      );
    }
    this.#ids = all.map((ids) => (ids.length > capacity ? ids.slice(-halfWindow(capacity)) : ids));
    const cache = this.#newCache();
    using single = this.#model.newCache(1, this.#capacity);
    const expected = this.#ids.map((ids, row) => {
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
    this.#replace(cache);
    return cat(expected, 0);
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
