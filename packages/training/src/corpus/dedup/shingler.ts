import { mix } from "../document-hash.js";
import { ALONE, SEPARATES, SKIPPED, wordCharacter } from "./word-characters.js";

/** Words in a shingle. */
export const SHINGLE_WORDS = 5;

const BASE = 0x9e3779b1; // odd: a product by it loses nothing
const OLDEST = [1, 2, 3, 4].reduce((power) => Math.imul(power, BASE), 1); // BASE ** (SHINGLE_WORDS - 1)
const WORD_SEED = 0x811c9dc5;
const WORD_PRIME = 0x01000193;

/**
 * Cuts a document that comes in pieces of whole characters into shingles, every five words in a row, each as 32
 * well-mixed bits. Words are runs of letters, marks and digits without case and accents; between them nothing counts, so
 * that line breaks and punctuation make no difference. A document of fewer words is one shingle, one of none has none.
 */
export class Shingler {
  readonly #words = new Uint32Array(SHINGLE_WORDS); // hashes of the last ones, as a ring
  #count = 0;
  #rolled = 0; // the sum of word * BASE ** (its place from the end)
  #word = 0; // FNV-1a (Fowler, Noll, Vo) of the word at hand; 0: there is none

  constructor(private readonly onShingle: (hash: number) => void) {}

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

  /** The document is whole; what is pushed next is of another. */
  end(): void {
    if (this.#word !== 0) this.#endWord(this.#word);
    if (this.#count > 0 && this.#count < SHINGLE_WORDS) this.onShingle(mix(this.#rolled ^ this.#count) >>> 0);
    this.#words.fill(0);
    this.#count = 0;
    this.#rolled = 0;
    this.#word = 0;
  }

  #endWord(word: number): void {
    const place = this.#count % SHINGLE_WORDS;
    const hash = mix(word);
    const others = this.#rolled - Math.imul(Number(this.#words[place]), OLDEST);
    this.#words[place] = hash;
    this.#rolled = (Math.imul(others, BASE) + hash) | 0;
    this.#count += 1;
    if (this.#count >= SHINGLE_WORDS) this.onShingle(mix(this.#rolled) >>> 0);
  }
}
