import { mix } from "../document-hash.js";
import { wordsIn } from "./words.js";

/** A figure of a text that is repetitive beyond its limit. */
export interface Repetition {
  readonly rule: string;
  readonly share: number;
}

/** Most of a text's lines and paragraphs that came before in it, by their number and by their characters. */
const PARTS = [
  { rule: "paragraphs that came before", by: /\n{2,}/, number: 0.3, characters: 0.2 },
  { rule: "lines that came before", by: /\n+/, number: 0.3, characters: 0.2 },
] as const;
/** Most of its characters that the commonest run of so many words may have. */
const TOP = [
  [2, 0.2],
  [3, 0.18],
  [4, 0.16],
] as const;
/** Most of its characters in runs of so many words that came before. */
const COPIED = [
  [5, 0.15],
  [6, 0.14],
  [7, 0.13],
  [8, 0.12],
  [9, 0.11],
  [10, 0.1],
] as const;

/** The first rule of Gopher's on repetition that a text breaks (Rae et al. 2021, table A1), or null. */
export function repetitionIn(text: string): Repetition | null {
  const whole = text.trim();
  for (const { rule, by, number, characters } of PARTS) {
    const parts = whole.split(by);
    const again = copiesOf(parts);
    const shares = [
      { share: again.length / parts.length, most: number },
      { share: charactersOf(again) / whole.length, most: characters },
    ];
    const broken = shares.find(({ share, most }) => share > most);
    if (broken !== undefined) return { rule, share: broken.share };
  }
  const words = new WordRuns(whole);
  for (const [length, most] of TOP) {
    const share = words.top(length) / whole.length;
    if (share > most) return { rule: `the commonest ${length} words`, share };
  }
  for (const [length, most] of COPIED) {
    const share = words.copied(length) / whole.length;
    if (share > most) return { rule: `runs of ${length} words that came before`, share };
  }
  return null;
}

function copiesOf(parts: readonly string[]): readonly string[] {
  const seen = new Set<string>();
  return parts.filter((part) => seen.size === seen.add(part).size);
}

const charactersOf = (parts: readonly string[]) => parts.reduce((sum, { length }) => sum + length, 0);

const BASE = 0x9e3779b1; // odd: a product by it loses nothing

/** The words of a text by their hashes, in runs of whatever length. */
class WordRuns {
  readonly #hashes: Uint32Array;
  readonly #letters: Uint32Array; // characters of the words before each
  readonly #places: Uint32Array; // of their first characters in the text

  constructor(text: string) {
    const words = [...wordsIn(text)];
    const ids = new Map<string, number>();
    this.#hashes = Uint32Array.from(words, ({ word }) => {
      const id = ids.get(word) ?? ids.size + 1;
      ids.set(word, id);
      return mix(id);
    });
    let letters = 0;
    this.#letters = new Uint32Array(words.length + 1);
    for (const [i, { word }] of words.entries()) this.#letters[i + 1] = letters += word.length;
    this.#places = Uint32Array.from(words, ({ at }) => at);
  }

  /** Characters of the run that comes most often, all times together, as far as it reaches; 0 where none comes twice. */
  top(length: number): number {
    const counts = new Map<number, number>();
    let top = 0;
    for (let at = 0; at + length <= this.#hashes.length; at++) {
      const key = this.#key(at, length);
      const count = (counts.get(key) ?? 0) + 1;
      counts.set(key, count);
      if (count > 1) top = Math.max(top, count * this.#reach(at, length));
    }
    return top;
  }

  /** Characters of the words in runs that came before, which do not overlap. */
  copied(length: number): number {
    const seen = new Set<number>();
    let copied = 0;
    for (let at = 0; at + length <= this.#hashes.length;) {
      const isNew = seen.size !== seen.add(this.#key(at, length)).size;
      if (!isNew) copied += this.#lettersOf(at, length);
      at += isNew ? 1 : length;
    }
    return copied;
  }

  /** 30 bits of hash, which V8 holds without a number of its own: of a MiB of words a dozen runs look like another. */
  #key(at: number, length: number): number {
    let hash = 0;
    for (let i = at; i < at + length; i++) hash = Math.imul(hash, BASE) + Number(this.#hashes[i]);
    return mix(hash) >>> 2;
  }

  #lettersOf(at: number, length: number): number {
    return Number(this.#letters[at + length]) - Number(this.#letters[at]);
  }

  /** Characters from the start of a run to its end, with what is between its words. */
  #reach(at: number, length: number): number {
    const last = at + length - 1;
    return Number(this.#places[last]) + this.#lettersOf(last, 1) - Number(this.#places[at]);
  }
}
