import { at } from "@trainer/disk";
import type { Tokenizer } from "@trainer/tokenizers";

/** First placeholder: from here on characters are for private use. */
const PRIVATE = 0xf0000;
const NOTHING = /(?!)/u;

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/]/gu, String.raw`\$&`);

/** Spellings of a tokenizer's special tokens, the longest first. */
export function specialSpellings(tokenizer: Pick<Tokenizer, "vocabSize" | "isSpecial" | "token">): readonly string[] {
  const ids = Array.from({ length: tokenizer.vocabSize }, (_, id) => id).filter((id) => tokenizer.isSpecial(id));
  return ids
    .map((id) => tokenizer.token(id))
    .filter((token) => token !== "")
    .toSorted((a, b) => b.length - a.length);
}

/** A part of a written text: what its template has, or a special token that a message spells, which is text. */
export interface WrittenPart {
  readonly text: string;
  readonly isSpelled: boolean;
  /** Its place in the written text, in UTF-16 units. */
  readonly start: number;
  readonly end: number;
}

/** Keeps special tokens that messages spell apart from a template's own: placeholders pass it in their stead. */
export class SpelledSpecials {
  readonly #spellings: readonly string[];
  readonly #first: number;
  readonly #spelled: RegExp;
  readonly #placeholder: RegExp;

  /** @param texts all that is written: no character of theirs becomes a placeholder */
  constructor(spellings: readonly string[], texts: readonly string[]) {
    this.#spellings = spellings;
    this.#first = unusedCharacters(texts, spellings.length);
    const [from, to] = [this.#first, this.#first + spellings.length - 1].map((point) => `\\u{${point.toString(16)}}`);
    const none = spellings.length === 0;
    this.#spelled = none ? NOTHING : new RegExp(spellings.map((spelling) => escaped(spelling)).join("|"), "gu");
    this.#placeholder = none ? NOTHING : new RegExp(`([${from}-${to}])`, "u");
  }

  /** A message's text with a placeholder for each special token in it. */
  held(content: string): string {
    return content.replace(this.#spelled, (found) =>
      String.fromCodePoint(this.#first + this.#spellings.indexOf(found)),
    );
  }

  /** The parts of what a template wrote with such texts. */
  parts(written: string): WrittenPart[] {
    let end = 0;
    const parts = written.split(this.#placeholder).map((part, i) => {
      const start = end;
      end += part.length;
      const isSpelled = i % 2 === 1;
      return { text: isSpelled ? this.#spelling(part) : part, isSpelled, start, end };
    });
    return parts.filter(({ text }) => text !== "");
  }

  #spelling(placeholder: string): string {
    return at(this.#spellings, Number(placeholder.codePointAt(0)) - this.#first);
  }
}

/** The first of so many characters for private use that no text has. */
export function unusedCharacters(texts: readonly string[], count: number): number {
  const used = texts.flatMap((text) => text.match(/[\u{F0000}-\u{10FFFF}]/gu) ?? []);
  const points = new Set(used.map((char) => Number(char.codePointAt(0))));
  let first = PRIVATE;
  for (const point of [...points].toSorted((a, b) => a - b)) {
    if (point >= first && point < first + count) first = point + 1;
  }
  return first;
}
