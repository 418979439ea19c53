import { CorpusError } from "../corpus-error.js";
import { counted } from "../left-out.js";

/** The language that most of a document's passages are in. */
export interface FoundLanguage {
  /** ISO 639-1. */
  readonly language: string;
  /** The part of the passages that are in it, 0..1. */
  readonly share: number;
}

/** Finds the language of a text's start; null: there is too little text to tell. */
export type LanguageFinder = (start: string) => FoundLanguage | null;

/** Languages of documents that stay, by a finder's names. */
export interface WantedLanguages {
  readonly find: LanguageFinder;
  readonly wanted: ReadonlySet<string>;
}

/** Bytes of letters from which on 95 of 100 texts are told right (decision 084); a letter of Chinese has three. */
const LEAST_LETTERS = 40;
/** Characters of which the library reads the first 350 bytes. */
const PASSAGE = 400;
const CHARACTERS_A_PASSAGE = 800;
const MOST_PASSAGES = 4;

const LETTERS = /[\p{L}\p{M}]+/gu;

/** Names that others have for languages. */
const ALSO: Readonly<Record<string, string>> = { nb: "no", nn: "no", iw: "he" };

/**
 * A finder of languages, and the wanted ones by the names that it has for them: of each document four passages at most are
 * looked at, evenly over its start.
 *
 * @throws CorpusError INVALID_INPUT for a language that is not known
 */
export async function wantedLanguages(wanted: readonly string[]): Promise<WantedLanguages> {
  const { eld } = await import("eld/medium"); // here, or every command would load its tables
  const known = Object.values(eld.info().Languages);
  const named = wanted.map((name) => ALSO[name.toLowerCase()] ?? name.toLowerCase());
  const unknown = named.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new CorpusError(
      "INVALID_INPUT",
      `no language ${JSON.stringify(unknown)} is known; expected of ${known.toSorted().join(", ")}`,
    );
  }
  const find: LanguageFinder = (start) => {
    const votes = counted(hasLetters(start) ? passagesOf(start).map((passage) => eld.detect(passage).language) : []);
    const told = votes.filter(([language]) => language !== "");
    const [first] = told;
    if (first === undefined) return null;
    const all = told.reduce((sum, [, count]) => sum + count, 0);
    return { language: first[0], share: first[1] / all };
  };
  return { find, wanted: new Set(named) };
}

/** Passages of a text, evenly over it: the start of a short one. */
function passagesOf(text: string): string[] {
  const count = Math.min(MOST_PASSAGES, Math.max(1, Math.floor(text.length / CHARACTERS_A_PASSAGE)));
  return Array.from({ length: count }, (_, i) => {
    const at = Math.floor((i * text.length) / count);
    return text.slice(at, at + PASSAGE);
  });
}

function hasLetters(text: string): boolean {
  let bytes = 0;
  for (const [letters] of text.matchAll(LETTERS)) {
    bytes += Buffer.byteLength(letters);
    if (bytes >= LEAST_LETTERS) return true;
  }
  return false;
}
