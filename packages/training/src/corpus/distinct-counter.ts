/** Distinct hashes that are held at most: some 64 MiB. */
const MOST = 1 << 20;

/**
 * Counts distinct things by their hashes, in memory that has a bound: of more than that bound a share is held, halved as
 * often as it must be, and the count is an estimate, good to a few thousandths (Gibbons 2001, distinct sampling).
 */
export class DistinctCounter {
  readonly #held = new Set<number>();
  #halvings = 0;

  constructor(private readonly most = MOST) {}

  /** @param hash 32 well-mixed bits, by which things are held or not @param more other bits of the hash, up to 21 */
  add(hash: number, more: number): void {
    if (!this.#holds(hash)) return;
    this.#held.add(more * 2 ** 32 + hash);
    while (this.#held.size > this.most) {
      this.#halvings += 1;
      for (const each of this.#held) if (!this.#holds(each % 2 ** 32)) this.#held.delete(each);
    }
  }

  get count(): number {
    return this.#held.size * 2 ** this.#halvings;
  }

  /** True if the count is exact. */
  get exact(): boolean {
    return this.#halvings === 0;
  }

  #holds(hash: number): boolean {
    return hash < 2 ** (32 - this.#halvings);
  }
}
