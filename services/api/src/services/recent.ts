/** Remembers the results of costly work by their keys, the latest ones; one piece of work is done at a time. */
export class Recent<T> {
  readonly #kept = new Map<string, Promise<T>>();
  #last: Promise<unknown> = Promise.resolve();

  /** @param most results that are kept */
  constructor(private readonly most: number) {}

  get(key: string, work: () => Promise<T>): Promise<T> {
    const kept = this.#kept.get(key) ?? this.#begin(key, work);
    this.#kept.delete(key); // the latest used is the last
    this.#kept.set(key, kept);
    for (const old of this.#kept.keys()) {
      if (this.#kept.size <= this.most) break;
      this.#kept.delete(old);
    }
    return kept;
  }

  #begin(key: string, work: () => Promise<T>): Promise<T> {
    const begun = this.#last.then(work);
    this.#last = begun.catch(() => this.#kept.delete(key)); // what failed is tried again
    return begun;
  }
}
