const BUCKETS = 1 << 20;

/** Which of the 2^20 buckets a 32-bit document hash falls in. */
export const bucketOf = (hash: number) => hash >>> 12;

/**
 * How many documents fall in each bucket of their hash. Documents in hash order are documents in random order, and equal
 * ones stand together; so a split is two cuts in that order, found without holding the documents.
 */
export class SplitHistogram {
  readonly #counts = new Float64Array(BUCKETS);
  documents = 0;

  add(hash: number): void {
    const bucket = bucketOf(hash);
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.documents += 1;
  }

  /** How many distinct documents there are at least. */
  distinct(): number {
    return this.#counts.reduce((found, count) => found + (count > 0 ? 1 : 0), 0);
  }

  /**
   * Buckets below `test` are the test split, then those below `validation` the validation split, the rest is for
   * training: each as near its fraction of the documents as cuts between buckets allow, none that was asked for empty.
   */
  cut(fractions: { test: number; validation: number }): { test: number; validation: number } {
    const used: number[] = [];
    for (const [bucket, count] of this.#counts.entries()) if (count > 0) used.push(bucket);
    const take = (from: number, fraction: number, leave: number) => {
      if (fraction === 0) return from;
      const wanted = fraction * this.documents;
      let at = from;
      let have = 0;
      while (at < used.length - leave) {
        const next = have + (this.#counts[used[at] ?? 0] ?? 0);
        if (at > from && next - wanted > wanted - have) break;
        have = next;
        at += 1;
      }
      return at;
    };
    const tests = take(0, fractions.test, fractions.validation > 0 ? 2 : 1);
    const validations = take(tests, fractions.validation, 1);
    return { test: used[tests] ?? BUCKETS, validation: used[validations] ?? BUCKETS };
  }
}
