import { mix } from "../document-hash.js";

/** Bins of a sketch, a byte of each of which is kept. */
export const BINS = 256;
/** Minima from which keys of bands are made, each of four bins. */
export const MINIMA = 64;

const BIN_SHIFT = 24;
const BINS_A_MINIMUM = BINS / MINIMA;
const EMPTY = 0xffff_ffff;

/**
 * A document's set of shingles by one permutation hashing (Li, Owen, Zhang 2012): the hash is the permutation, its high
 * bits choose a bin, and the least hash of each bin is held. The share of bins that agree, of those that are not empty
 * in both documents, estimates the Jaccard similarity of the sets; of sets smaller than the bins nearly exactly.
 */
export class Sketch {
  readonly #least = new Uint32Array(BINS).fill(EMPTY);
  readonly #own = new Uint32Array(MINIMA);
  readonly #minima = new Uint32Array(MINIMA);
  #isEmpty = true;

  /** True of a document without a word. */
  get isEmpty(): boolean {
    return this.#isEmpty;
  }

  /** @param hash of a shingle, 32 well-mixed bits, of which the last is not used: so none looks like an empty bin */
  readonly add = (hash: number): void => {
    const even = (hash & ~1) >>> 0;
    const bin = even >>> BIN_SHIFT;
    if (even < Number(this.#least[bin])) this.#least[bin] = even;
    this.#isEmpty = false;
  };

  clear(): void {
    this.#least.fill(EMPTY);
    this.#isEmpty = true;
  }

  /** Writes what is kept of the document: a byte of the least hash of each bin, 0 of an empty one. */
  signature(into: Uint8Array): void {
    for (let bin = 0; bin < BINS; bin++) {
      const least = Number(this.#least[bin]);
      into[bin] = least === EMPTY ? 0 : 1 + ((least & 0xff_ffff) % 255);
    }
  }

  /** Writes a key for each band of `rows` minima: documents that agree in these have the same. Not of an empty sketch. */
  bandKeys(into: Uint32Array, rows: number): void {
    this.#densify();
    for (let band = 0; band < into.length; band++) {
      let key = mix(band + 1);
      for (let row = band * rows; row < (band + 1) * rows; row++) {
        key = mix(Math.imul(key, 5) ^ Number(this.#minima[row]));
      }
      into[band] = key;
    }
  }

  /** The least hash of each four bins; where these are empty, that of others, chosen by hash (Shrivastava 2017). */
  #densify(): void {
    this.#own.fill(EMPTY);
    for (let bin = BINS - 1; bin >= 0; bin--) {
      const least = Number(this.#least[bin]);
      if (least !== EMPTY) this.#own[Math.floor(bin / BINS_A_MINIMUM)] = least;
    }
    for (let i = 0; i < MINIMA; i++) {
      let from = i;
      for (let attempt = 1; this.#own[from] === EMPTY; attempt++) from = mix(attempt * MINIMA + i) & (MINIMA - 1);
      this.#minima[i] = Number(this.#own[from]);
    }
  }
}

/** Estimate of the Jaccard similarity of two documents by their signatures, 0..1. Not of two empty ones. */
export function similarity(a: Uint8Array, b: Uint8Array): number {
  let [equal, filled] = [0, 0];
  for (let bin = 0; bin < BINS; bin++) {
    const [x, y] = [Number(a[bin]), Number(b[bin])];
    if ((x | y) === 0) continue;
    filled += 1;
    if (x === y) equal += 1;
  }
  return equal / filled;
}
