import { mix } from "../document-hash.js";
import { ALONE, SEPARATES, SKIPPED, wordCharacter } from "./word-characters.js";

/** Words in a shingle. */
export const SHINGLE_WORDS = 5;

const [BASE, OTHER_BASE] = [0x9e3779b1, 0x85ebca77] as const; // odd: a product by them loses nothing
const WORD_SEED = 0x811c9dc5;
const WORD_PRIME = 0x01000193;

const power = (base: number, exponent: number) =>
  Array.from({ length: exponent }).reduce<number>((product) => Math.imul(product, base), 1);

/**
 * Cuts a document that comes in pieces of whole characters into shingles, every five words in a row or as many as are
 * asked for, each as 32 well-mixed bits, with 32 more for who needs 64. Words are runs of letters, marks and digits without case and accents; between them nothing counts, so
 * that line breaks and punctuation make no difference. A document of fewer words is one shingle, one of none has none.
 */
export class Shingler {
  readonly #words: Uint32Array; // hashes of the last ones, as a ring
  readonly #oldest: readonly [number, number]; // what the first word of a shingle was multiplied by
  #count = 0;
  #rolled = 0; // the sum of word * BASE ** (its place from the end)
  #other = 0; // the same by the other base
  #word = 0; // FNV-1a (Fowler, Noll, Vo) of the word at hand; 0: there is none

  constructor(
    private readonly onShingle: (hash: number, more: number) => void,
    private readonly length = SHINGLE_WORDS,
  ) {
    this.#words = new Uint32Array(length);
    this.#oldest = [power(BASE, length - 1), power(OTHER_BASE, length - 1)];
  }

  push(bytes: Uint8Array): void {
    let word = this.#word;
    for (let at = 0; at < bytes.length;) {
      const first = Number(bytes[at]);
      const length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
      let codePoint = length === 1 ? first : first & (0x7f >> length);
      for (let i = 1; i < length; i++) codePoint = (codePoint << 6) | (Number(bytes[at + i]) & 0x3f);
      at += length;
      const character = wordCharacter(codePoint);
      if (character === SKIPPED) continue;
      if (word !== 0 && (character === SEPARATES || character >= ALONE)) {
        this.#endWord(word);
        word = 0;
      }
      if (character >= ALONE) this.#endWord(character);
      else if (character !== SEPARATES) word = Math.imul((word === 0 ? WORD_SEED : word) ^ character, WORD_PRIME);
    }
    this.#word = word;
  }

  /**
   * The document is whole; what is pushed next is of another.
   * @returns the number of its words
   */
  end(): number {
    if (this.#word !== 0) this.#endWord(this.#word);
    const count = this.#count;
    if (count > 0 && count < this.length)
      this.onShingle(mix(this.#rolled ^ count) >>> 0, mix(this.#other ^ count) >>> 0);
    this.#words.fill(0);
    this.#count = 0;
    this.#rolled = 0;
    this.#other = 0;
    this.#word = 0;
    return count;
  }

  #endWord(word: number): void {
    const place = this.#count % this.length;
    const hash = mix(word);
    const first = Number(this.#words[place]);
    const [oldest, otherOldest] = this.#oldest;
    this.#words[place] = hash;
    this.#rolled = (Math.imul(this.#rolled - Math.imul(first, oldest), BASE) + hash) | 0;
    this.#other = (Math.imul(this.#other - Math.imul(first, otherOldest), OTHER_BASE) + hash) | 0;
    this.#count += 1;
    if (this.#count >= this.length) this.onShingle(mix(this.#rolled) >>> 0, mix(this.#other) >>> 0);
  }
}
