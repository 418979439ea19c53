import { joined, piecesOf, type DocumentBatch } from "../document-batch.js";

const FIRST_BYTES = 1 << 10;

/** A set of documents by their numbers in a corpus, a bit each. */
export class DocumentSet {
  #bits = new Uint8Array(FIRST_BYTES);
  size = 0;

  /** Adds a document that is not there. */
  add(document: number): void {
    const byte = document >>> 3;
    if (byte >= this.#bits.length) {
      const grown = new Uint8Array(Math.max(2 * this.#bits.length, byte + 1));
      grown.set(this.#bits);
      this.#bits = grown;
    }
    this.#bits[byte] = Number(this.#bits[byte]) | (1 << (document & 7));
    this.size += 1;
  }

  has(document: number): boolean {
    return ((Number(this.#bits[document >>> 3]) >> (document & 7)) & 1) === 1;
  }
}

/** The documents of a corpus without some of them. */
export async function* withoutDocuments(
  batches: AsyncIterable<DocumentBatch>,
  removed: DocumentSet,
): AsyncGenerator<DocumentBatch, void, undefined> {
  let document = -1;
  for await (const batch of batches) {
    const pieces = [...piecesOf(batch)];
    const kept = pieces.filter(({ begins }) => {
      if (begins) document += 1;
      return !removed.has(document);
    });
    const [first, last] = [kept[0], kept.at(-1)];
    if (first === undefined || last === undefined) continue;
    if (kept.length === pieces.length) yield batch;
    else yield { ...joined(kept.map(({ bytes }) => bytes)), continued: !first.begins, open: !last.ends };
  }
}
