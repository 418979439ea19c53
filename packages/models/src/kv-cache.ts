import {
  cachedAttention,
  empty,
  keep,
  scope,
  type Device,
  type DType,
  type Rotation,
  type Tensor,
} from "@trainer/torch";
import type { Cache } from "./cache.js";

export interface KvCacheShape {
  readonly layers: number;
  readonly batch: number;
  readonly heads: number;
  /** The most tokens it holds. */
  readonly capacity: number;
  readonly headSize: number;
  readonly device: Device;
  readonly dtype: DType;
}

/**
 * Keys and values of the tokens read, one (B, nh, capacity, hs) pair a layer, allocated once. Each layer appends at
 * `length`; `advance` moves it when all have. Owned by its creator, who disposes of it.
 */
export class KvCache implements Cache {
  readonly batch: number;
  readonly capacity: number;
  /** Number of tokens of each sequence, (B) int64, where they may differ; null where all have `length`. */
  readonly lengths: Tensor | null = null;
  /** The rotation of each position, (capacity, hs), where positions are looked up. */
  readonly rotation: Rotation | null = null;
  readonly #layers: readonly { readonly k: Tensor; readonly v: Tensor }[];
  #length = 0;

  constructor({ layers, batch, heads, capacity, headSize, device, dtype }: KvCacheShape, create = empty) {
    this.batch = batch;
    this.capacity = capacity;
    const make = () => keep(create([batch, heads, capacity, headSize], { device, dtype }));
    this.#layers = Array.from({ length: layers }, () => ({ k: make(), v: make() }));
  }

  /** The cache of a forward pass, which must be one of these. */
  static of(cache: Cache): KvCache;
  static of(cache: Cache | undefined): KvCache | undefined;
  static of(cache: Cache | undefined): KvCache | undefined {
    if (cache === undefined || cache instanceof KvCache) return cache;
    throw new TypeError("this model remembers keys and values; the cache given was made by a model of another kind");
  }

  get length(): number {
    return this.#length;
  }

  /** Stores keys and values (B, nh, T, hs) of new tokens; returns all so far, (B, nh, length + T, hs), as views. */
  append(layer: number, k: Tensor, v: Tensor): { k: Tensor; v: Tensor } {
    const store = this.layer(layer);
    const t = k.size(2);
    this.#checkRoom(t);
    store.k.narrow(2, this.#length, t).copy_(k);
    store.v.narrow(2, this.#length, t).copy_(v);
    return { k: store.k.narrow(2, 0, this.#length + t), v: store.v.narrow(2, 0, this.#length + t) };
  }

  /** Stores keys and values (B, nkv, 1, hs) of one more token and lets its queries (B, nh, 1, hs) look at all so far. */
  attend(layer: number, q: Tensor, k: Tensor, v: Tensor): Tensor {
    const { k: keys, v: values } = this.layer(layer);
    this.#checkRoom(1);
    return cachedAttention(q, k, v, { keys, values, past: this.#length });
  }

  /** All layers have appended `tokens` tokens. */
  advance(tokens: number): void {
    this.#length += tokens;
  }

  truncate(length: number): number {
    return (this.#length = Math.min(this.#length, Math.max(0, length)));
  }

  copyRow(row: number, from: Cache, fromRow: number): void {
    const source = KvCache.of(from);
    const length = source.lengthOf(fromRow);
    if (length > this.capacity) {
      throw new RangeError(`${length} tokens do not fit the cache's ${this.capacity} positions`);
    }
    const part = (t: Tensor, at: number) => t.select(0, at).narrow(1, 0, length); // (nh, length, hs)
    scope(() => {
      for (const [layer, { k, v }] of this.#layers.entries()) {
        const other = source.layer(layer);
        part(k, row).copy_(part(other.k, fromRow));
        part(v, row).copy_(part(other.v, fromRow));
      }
    });
    this.setLength(row, length);
  }

  /** Number of tokens of sequence `row`. */
  lengthOf(_row: number): number {
    return this.#length;
  }

  protected setLength(_row: number, length: number): void {
    this.#length = length;
  }

  #checkRoom(tokens: number): void {
    if (this.#length + tokens <= this.capacity) return;
    throw new RangeError(
      `${tokens} more tokens after ${this.#length} do not fit the cache's ${this.capacity} positions`,
    );
  }

  protected layer(layer: number): { readonly k: Tensor; readonly v: Tensor } {
    const store = this.#layers[layer];
    if (store === undefined) throw new RangeError(`layer ${layer} of a cache of ${this.#layers.length} layers`);
    return store;
  }

  dispose(): void {
    for (const { k, v } of this.#layers) {
      k.dispose();
      v.dispose();
    }
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
