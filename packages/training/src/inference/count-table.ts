import { at } from "@trainer/disk";

/** Counts by keys of 64 bits, in flat arrays: a fifth of the memory of a Map, and as many entries as there is room for. */
export class CountTable {
  #keys: Int32Array;
  #counts: Uint32Array;
  #size = 0;

  constructor(capacity = 1024) {
    this.#keys = new Int32Array(2 * capacity);
    this.#counts = new Uint32Array(capacity);
  }

  /** Counts a key once more; its new count. */
  add(low: number, high: number): number {
    const place = this.#placeOf(low, high);
    const count = at(this.#counts, place) + 1;
    this.#counts[place] = count;
    if (count > 1) return count;
    this.#keys[2 * place] = low;
    this.#keys[2 * place + 1] = high;
    if ((this.#size += 1) > this.#counts.length / 2) this.#grow();
    return count;
  }

  get(low: number, high: number): number {
    return at(this.#counts, this.#placeOf(low, high));
  }

  /** Number of keys with a count. */
  having(count: number): number {
    let keys = 0;
    for (const each of this.#counts) if (each === count) keys += 1;
    return keys;
  }

  /** Place of a key, or that where it would go. */
  #placeOf(low: number, high: number): number {
    const last = this.#counts.length - 1; // a power of two less one
    let place = (low ^ (high << 7)) & last;
    while (this.#counts[place] !== 0 && (this.#keys[2 * place] !== low || this.#keys[2 * place + 1] !== high))
      place = (place + 1) & last;
    return place;
  }

  #grow(): void {
    const [keys, counts] = [this.#keys, this.#counts];
    this.#keys = new Int32Array(2 * keys.length);
    this.#counts = new Uint32Array(2 * counts.length);
    for (const [i, count] of counts.entries()) {
      if (count === 0) continue;
      const [low, high] = [at(keys, 2 * i), at(keys, 2 * i + 1)];
      const place = this.#placeOf(low, high);
      this.#keys[2 * place] = low;
      this.#keys[2 * place + 1] = high;
      this.#counts[place] = count;
    }
  }
}
