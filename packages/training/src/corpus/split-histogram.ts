const BUCKETS = 1 << 20;

/** Which of the 2^20 buckets a 32-bit document hash falls in. */
export const bucketOf = (hash: number) => hash >>> 12;

/**
 * How many documents fall in each bucket of their hash. Documents in hash order are documents in random order, and equal
 * ones stand together; so a split is two cuts in that order, found without holding the documents.
 */
export class SplitHistogram {
  readonly #counts = new DataView(new ArrayBuffer(4 * BUCKETS));
  /** Documents in all. */
  documents = 0;
  /** Buckets that are not empty: there are at least so many different documents. */
  distinct = 0;

  add(hash: number): void {
    const bucket = bucketOf(hash);
    const before = this.#count(bucket);
    this.#counts.setUint32(4 * bucket, before + 1, true);
    if (before === 0) this.distinct += 1;
    this.documents += 1;
  }

  /**
   * Buckets below `test` are the test split, then those below `validation` the validation split, the rest is for
   * training: each as near its fraction of the documents as cuts between buckets allow, none that was asked for empty.
   * There must be at least three different documents.
   */
  cut(fractions: { test: number; validation: number }): { test: number; validation: number } {
    let left = this.distinct;
    const take = (from: number, fraction: number, leave: number) => {
      if (fraction === 0) return from;
      const wanted = fraction * this.documents;
      let have = 0;
      for (let bucket = from; ; bucket++) {
        const count = this.#count(bucket);
        if (count === 0) continue;
        if (left === leave || (have > 0 && have + count - wanted > wanted - have)) return bucket;
        have += count;
        left -= 1;
      }
    };
    const test = take(0, fractions.test, fractions.validation > 0 ? 2 : 1);
    return { test, validation: take(test, fractions.validation, 1) };
  }

  #count(bucket: number): number {
    return this.#counts.getUint32(4 * bucket, true);
  }
}
