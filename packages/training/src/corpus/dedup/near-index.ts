import { at } from "@trainer/disk";
import { bandsFor, type Bands } from "./bands.js";
import { Rows } from "./rows.js";
import { BINS, similarity, type Sketch } from "./sketch.js";

/** A document that is like another. */
export interface Neighbour {
  readonly document: number;
  /** Estimate of the Jaccard similarity of their shingles. */
  readonly similarity: number;
}

const SIGNATURE = BINS / Uint32Array.BYTES_PER_ELEMENT;
const FIRST_HEADS = 1 << 12;
/** Documents of one band that are compared, the latest first: so that boilerplate costs no more than this. */
const MOST_CANDIDATES = 64;

/**
 * Finds documents by similarity with MinHash and locality-sensitive hashing (Broder 1997; Leskovec, Rajaraman, Ullman,
 * Mining of Massive Datasets, 3.4): those that share a band with it are compared by signature. A row has the signature,
 * the key of each band, for each band the one before in its chain, and the document's number.
 */
export class NearIndex {
  readonly #bands: Bands;
  readonly #rows: Rows;
  readonly #keys: Uint32Array;
  readonly #signature = new Uint8Array(BINS);
  #heads = new Uint32Array(FIRST_HEADS); // by key: the latest entry, row * bands + band, plus one; 0: none

  /** @param least similarity that counts, 0.5..1 */
  constructor(
    private readonly least: number,
    private readonly mostCandidates = MOST_CANDIDATES,
  ) {
    this.#bands = bandsFor(least);
    this.#rows = new Rows(SIGNATURE + 2 * this.#bands.count + 1);
    this.#keys = new Uint32Array(this.#bands.count);
  }

  get bytes(): number {
    return this.#rows.bytes + this.#heads.byteLength;
  }

  /** All that are like this one; those that share several bands with it come as often. Not of an empty sketch. */
  *neighbours(sketch: Sketch): Generator<Neighbour, void, undefined> {
    sketch.bandKeys(this.#keys, this.#bands.rows);
    sketch.signature(this.#signature);
    for (let band = 0; band < this.#bands.count; band++) {
      for (const row of this.#candidates(band)) {
        const found = similarity(signatureOf(row), this.#signature);
        if (found >= this.least) yield { document: at(row, row.length - 1), similarity: found };
      }
    }
  }

  /** Adds the document that `neighbours` was called with last. */
  add(document: number): void {
    const row = this.#rows.push();
    signatureOf(row).set(this.#signature);
    row.set(this.#keys, SIGNATURE);
    row[row.length - 1] = document;
    if (this.#rows.length * this.#bands.count > this.#heads.length) this.#grow();
    else this.#link(row, this.#rows.length - 1);
  }

  *#candidates(band: number): Generator<Uint32Array, void, undefined> {
    const key = at(this.#keys, band);
    let compared = 0;
    let entry = at(this.#heads, key & (this.#heads.length - 1));
    while (entry !== 0 && compared < this.mostCandidates) {
      const row = this.#rows.row(Math.floor((entry - 1) / this.#bands.count));
      const place = (entry - 1) % this.#bands.count;
      if (row[SIGNATURE + place] === key && place === band) {
        compared += 1;
        yield row;
      }
      entry = at(row, SIGNATURE + this.#bands.count + place);
    }
  }

  /** Puts a row at the head of the chains of its bands. */
  #link(row: Uint32Array, index: number): void {
    const { count } = this.#bands;
    for (let band = 0; band < count; band++) {
      const head = at(row, SIGNATURE + band) & (this.#heads.length - 1);
      row[SIGNATURE + count + band] = at(this.#heads, head);
      this.#heads[head] = index * count + band + 1;
    }
  }

  #grow(): void {
    this.#heads = new Uint32Array(2 * this.#heads.length);
    for (let i = 0; i < this.#rows.length; i++) this.#link(this.#rows.row(i), i);
  }
}

const signatureOf = (row: Uint32Array) => new Uint8Array(row.buffer, row.byteOffset, BINS);

/** The one that is most like the document, the first of several; null: there is none. */
export function mostAlike(neighbours: Iterable<Neighbour>): Neighbour | null {
  let best: Neighbour | null = null;
  for (const found of neighbours) {
    if (best === null || found.similarity > best.similarity) best = found;
  }
  return best;
}
