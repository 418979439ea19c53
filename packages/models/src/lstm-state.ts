import { keep, noGrad, scope, zeros, type Device, type DType, type Tensor } from "@trainer/torch";
import type { Cache } from "./cache.js";

export interface LstmStateShape {
  readonly layers: number;
  readonly batch: number;
  readonly hidden: number;
  readonly capacity: number;
  readonly device: Device;
  readonly dtype: DType;
}

/** Hidden and cell state of each layer, (L, B, H): all that a recurrence remembers of the tokens read. */
export class LstmState implements Cache {
  readonly batch: number;
  readonly capacity: number;
  readonly h: Tensor;
  readonly c: Tensor;
  #length = 0;

  constructor({ layers, batch, hidden, capacity, device, dtype }: LstmStateShape) {
    this.batch = batch;
    this.capacity = capacity;
    const make = () => keep(zeros([layers, batch, hidden], { device, dtype }));
    this.h = make();
    this.c = make();
  }

  /** The cache of a forward pass, which must be one of these. */
  static of(cache: Cache): LstmState;
  static of(cache: Cache | undefined): LstmState | undefined;
  static of(cache: Cache | undefined): LstmState | undefined {
    if (cache === undefined || cache instanceof LstmState) return cache;
    throw new TypeError("this model remembers its state; the cache given was made by a model of another kind");
  }

  get length(): number {
    return this.#length;
  }

  /** Takes the state after `tokens` more tokens, where `h` and `c` are not it already. */
  advance(tokens: number, after?: { readonly h: Tensor; readonly c: Tensor }): void {
    if (after !== undefined) {
      noGrad(() => {
        this.h.copy_(after.h);
        this.c.copy_(after.c);
      });
    }
    this.#length += tokens;
  }

  /** All or nothing: what a token has done to the state cannot be taken back. */
  truncate(length: number): number {
    if (length >= this.#length) return this.#length;
    this.h.zero_();
    this.c.zero_();
    return (this.#length = 0);
  }

  copyRow(row: number, from: Cache, fromRow: number): void {
    const source = LstmState.of(from);
    scope(() => {
      this.h.select(1, row).copy_(source.h.select(1, fromRow));
      this.c.select(1, row).copy_(source.c.select(1, fromRow));
    });
    this.#length = source.length;
  }

  dispose(): void {
    this.h.dispose();
    this.c.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
