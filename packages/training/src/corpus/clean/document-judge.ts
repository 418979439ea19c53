import { Shingler } from "../dedup/shingler.js";
import type { WantedLanguages } from "./languages.js";
import { repetitionIn } from "./repetition.js";

/** Limits of documents that stay. */
export interface CleanLimits {
  /** ISO 639-1 codes of the languages that stay; none: all do. */
  readonly languages: readonly string[];
  readonly minWords: number | null;
  readonly maxWords: number | null;
  /** True where repetitive documents go, by Gopher's rules. */
  readonly repetition: boolean;
}

/** Why a document goes. */
export interface Verdict {
  /** The limit or rule: "fewer than 50 words". */
  readonly rule: string;
  /** What the document has: a number of words, a share of its text, 0..1 and a little more, or a perplexity. */
  readonly measure: "words" | "share" | "perplexity";
  readonly value: number;
}

/** What is made of a document. */
export interface Judgement {
  /** Null: it stays. */
  readonly verdict: Verdict | null;
  /** True of one that stays since it has too little text to tell its language. */
  readonly isUntold: boolean;
}

const REPETITION_BYTES = 1 << 20;
const LANGUAGE_BYTES = 1 << 15;
const STAYS: Judgement = { verdict: null, isUntold: false };

/**
 * Judges documents that come in pieces: by all their words, by the language of their first 32 KiB, and by how their first MiB
 * repeats itself.
 */
export class DocumentJudge {
  readonly #words = new Shingler(() => {}, 1);
  #start: Buffer[] = [];
  #startBytes = 0;

  readonly #judgedBytes: number;

  /** @param languages null: all stay */
  constructor(
    private readonly limits: Omit<CleanLimits, "languages">,
    private readonly languages: WantedLanguages | null,
  ) {
    this.#judgedBytes = limits.repetition ? REPETITION_BYTES : languages === null ? 0 : LANGUAGE_BYTES;
  }

  push(piece: Buffer): void {
    this.#words.push(piece);
    if (this.#startBytes >= this.#judgedBytes) return;
    this.#start.push(piece.subarray(0, this.#judgedBytes - this.#startBytes));
    this.#startBytes += piece.length;
  }

  /** The document is whole. */
  end(): Judgement {
    const start = Buffer.concat(this.#start);
    this.#start = [];
    this.#startBytes = 0;
    const outside = this.#byWords(this.#words.end());
    if (outside !== null) return { verdict: outside, isUntold: false };
    const language = this.#byLanguage(start.subarray(0, LANGUAGE_BYTES));
    if (language.verdict !== null || !this.limits.repetition) return language;
    const found = repetitionIn(start.toString());
    return found === null
      ? language
      : { verdict: { rule: found.rule, measure: "share", value: found.share }, isUntold: false };
  }

  #byWords(words: number): Verdict | null {
    const { minWords, maxWords } = this.limits;
    if (minWords !== null && words < minWords)
      return { rule: `fewer than ${minWords} words`, measure: "words", value: words };
    if (maxWords !== null && words > maxWords)
      return { rule: `more than ${maxWords} words`, measure: "words", value: words };
    return null;
  }

  #byLanguage(start: Buffer): Judgement {
    if (this.languages === null) return STAYS;
    const { find, wanted } = this.languages;
    const found = find(start.toString());
    if (found === null) return { verdict: null, isUntold: true };
    if (wanted.has(found.language)) return STAYS;
    return { verdict: { rule: `in ${found.language}`, measure: "share", value: found.share }, isUntold: false };
  }
}
