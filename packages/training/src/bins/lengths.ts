/** Distribution of texts' lengths in tokens. */
export interface Lengths {
  readonly count: number;
  readonly min: number;
  readonly mean: number;
  readonly max: number;
  /**
   * Number of texts with `from` to `to` tokens; the bounds are powers of two, and empty ones at the ends are left out.
   */
  readonly histogram: readonly { readonly from: number; readonly to: number; readonly count: number }[];
}

/** Counts lengths as they come. */
export class LengthCounter {
  readonly #buckets = new Map<number, number>();
  #count = 0;
  #sum = 0;
  #min = Infinity;
  #max = 0;

  add(length: number): void {
    this.#count += 1;
    this.#sum += length;
    this.#min = Math.min(this.#min, length);
    this.#max = Math.max(this.#max, length);
    const bucket = 32 - Math.clz32(length); // 0, 1, 2-3, 4-7 ...
    this.#buckets.set(bucket, (this.#buckets.get(bucket) ?? 0) + 1);
  }

  /** Null where nothing was counted. */
  lengths(): Lengths | null {
    if (this.#count === 0) return null;
    const [first, last] = [Math.min(...this.#buckets.keys()), Math.max(...this.#buckets.keys())];
    const histogram = Array.from({ length: last - first + 1 }, (_, i) => {
      const bucket = first + i;
      const [from, to] = bucket === 0 ? [0, 0] : [2 ** (bucket - 1), 2 ** bucket - 1];
      return { from, to, count: this.#buckets.get(bucket) ?? 0 };
    });
    return { count: this.#count, min: this.#min, mean: this.#sum / this.#count, max: this.#max, histogram };
  }
}
