import { Shingler } from "../dedup/shingler.js";
import { repetitionIn } from "./repetition.js";

/** Limits of documents that stay. */
export interface CleanLimits {
  readonly minWords: number | null;
  readonly maxWords: number | null;
  /** True where repetitive documents go, by Gopher's rules. */
  readonly repetition: boolean;
}

/** Why a document goes. */
export interface Verdict {
  /** The limit or rule: "fewer than 50 words". */
  readonly rule: string;
  /** What the document has: a number of words, or a share of its text, 0..1 and a little more. */
  readonly measure: "words" | "share";
  readonly value: number;
}

const JUDGED_BYTES = 1 << 20;

/** Judges documents that come in pieces: by all their words, and by how their first MiB repeats itself. */
export class DocumentJudge {
  readonly #words = new Shingler(() => {}, 1);
  #start: Buffer[] = [];
  #startBytes = 0;

  constructor(private readonly limits: CleanLimits) {}

  push(piece: Buffer): void {
    this.#words.push(piece);
    if (!this.limits.repetition || this.#startBytes >= JUDGED_BYTES) return;
    this.#start.push(piece.subarray(0, JUDGED_BYTES - this.#startBytes));
    this.#startBytes += piece.length;
  }

  /** The document is whole; null: it stays. */
  end(): Verdict | null {
    const { minWords, maxWords, repetition } = this.limits;
    const words = this.#words.end();
    const start = Buffer.concat(this.#start).toString();
    this.#start = [];
    this.#startBytes = 0;
    if (minWords !== null && words < minWords)
      return { rule: `fewer than ${minWords} words`, measure: "words", value: words };
    if (maxWords !== null && words > maxWords)
      return { rule: `more than ${maxWords} words`, measure: "words", value: words };
    const found = repetition ? repetitionIn(start) : null;
    return found === null ? null : { rule: found.rule, measure: "share", value: found.share };
  }
}
