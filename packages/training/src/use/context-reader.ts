import type { Cache, CausalLm } from "@trainer/models";
import { noGrad, scope, tensor, type Tensor } from "@trainer/torch";
import { halfWindow } from "./window.js";

/**
 * Reads tokens into a model's cache and gives what it expects next. Text may grow beyond the context: when the cache is
 * full, the last half of it is read again from position 0.
 */
export class ContextReader implements Disposable {
  readonly #model: CausalLm;
  readonly #cache: Cache;
  #ids: number[] = [];

  constructor(model: CausalLm) {
    this.#model = model;
    this.#cache = model.newCache(1);
  }

  /**
   * Starts over with `ids`, one token at least and at most a context of them, and calls `use` with the logits (V) of
   * what follows, valid during the call. What the cache holds of `ids` already is not computed again.
   */
  read<T>(ids: readonly number[], use: (logits: Tensor) => T): T {
    const cached = ids.every((id, i) => this.#ids[i] === id);
    this.#ids = [...ids];
    return this.#feed(ids.slice(this.#cache.truncate(cached ? ids.length - 1 : 0)), use);
  }

  /** Reads one more token, and calls `use` with the logits (V) of what follows, valid during the call. */
  next<T>(id: number, use: (logits: Tensor) => T): T {
    this.#ids.push(id);
    if (this.#ids.length <= this.#cache.capacity) return this.#feed([id], use);
    this.#ids = this.#ids.slice(-halfWindow(this.#cache.capacity));
    this.#cache.truncate(0);
    return this.#feed(this.#ids, use);
  }

  #feed<T>(ids: readonly number[], use: (logits: Tensor) => T): T {
    return scope(() =>
      noGrad(() => {
        const input = tensor([...ids], [1, ids.length], { dtype: "int64", device: this.#model.head.device });
        const hidden = this.#model.hidden(input, { training: false, cache: this.#cache }); // (1, T, C)
        return use(
          hidden
            .select(1, ids.length - 1)
            .matmul(this.#model.head.t())
            .flatten(),
        ); // (1, C) x (C, V) -> (V)
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
