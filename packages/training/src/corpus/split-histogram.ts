/** Number of buckets of document hashes. */
export const BUCKETS = 1 << 20;

/** The bucket, of 2^20, of a 32-bit document hash. */
export const bucketOf = (hash: number) => hash >>> 12;

/**
 * Number and bytes of documents by bucket of their hash. Documents in hash order are documents in random order, with
 * equal ones together; so a split is a choice of buckets, made without holding the documents.
 */
export class SplitHistogram {
  readonly bytes = new Float64Array(BUCKETS);
  readonly #counts = new Uint32Array(BUCKETS);
  #at = 0;
  /** Documents in all. */
  documents = 0;
  /** Buckets that are not empty: there are at least so many different documents. */
  distinct = 0;

  /** A document begins. Returns its bucket. */
  add(hash: number): number {
    this.#at = bucketOf(hash);
    const before = Number(this.#counts[this.#at]);
    this.#counts[this.#at] = before + 1;
    if (before === 0) this.distinct += 1;
    this.documents += 1;
    return this.#at;
  }

  /** The document at hand has `bytes` more. */
  grow(bytes: number): void {
    this.bytes[this.#at] = Number(this.bytes[this.#at]) + bytes;
  }

  /** True if several documents are in a bucket, which are equal or almost certainly no large part of the corpus. */
  copies(bucket: number): boolean {
    return Number(this.#counts[bucket]) > 1;
  }
}
