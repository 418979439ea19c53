/** Distinguished writing systems, by Unicode's names; "Common" is shared by many: digits, punctuation, spaces. */
const SCRIPTS = (
  "Common Latin Cyrillic Greek Han Hiragana Katakana Hangul Arabic Hebrew Devanagari Bengali Gurmukhi Gujarati Oriya Tamil " +
  "Telugu Kannada Malayalam Sinhala Thai Lao Tibetan Myanmar Georgian Armenian Ethiopic Khmer Mongolian Inherited"
).split(" ");
const PATTERNS = SCRIPTS.map((script) => new RegExp(`^\\p{Script=${script}}$`, "u"));

/** Number of characters of a script; "Other" for those that are not distinguished. */
export interface ScriptCount {
  readonly script: string;
  readonly characters: number;
}

/** By code point: the script's index in `SCRIPTS` plus one, or 0 if it was not looked up yet. */
const known = new Uint8Array(0x110000);

function scriptOf(codePoint: number): number {
  if (known[codePoint] === 0) {
    const character = String.fromCodePoint(codePoint);
    const found = PATTERNS.findIndex((pattern) => pattern.test(character));
    known[codePoint] = 1 + (found === -1 ? SCRIPTS.length : found);
  }
  return Number(known[codePoint]);
}

/** Counts characters (code points) by their scripts. */
export class ScriptCounter {
  readonly #counts = new Float64Array(SCRIPTS.length + 2);

  /** Goes through the UTF-8 at [start, end), whole characters; returns how many there are. */
  add(bytes: Uint8Array, start: number, end: number): number {
    let characters = 0;
    for (let at = start; at < end; characters++) {
      const first = Number(bytes[at]);
      const length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
      let codePoint = length === 1 ? first : first & (0x7f >> length);
      for (let i = 1; i < length; i++) codePoint = (codePoint << 6) | (Number(bytes[at + i]) & 0x3f);
      const script = scriptOf(codePoint);
      this.#counts[script] = Number(this.#counts[script]) + 1;
      at += length;
    }
    return characters;
  }

  /** Counts, the most frequent first. */
  counts(): ScriptCount[] {
    return [...SCRIPTS, "Other"]
      .map((script, i) => ({ script, characters: Number(this.#counts[i + 1]) }))
      .filter(({ characters }) => characters > 0)
      .toSorted((a, b) => b.characters - a.characters);
  }
}
