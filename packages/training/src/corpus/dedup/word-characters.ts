/** Characters that separate words: whitespace, punctuation, symbols. */
export const SEPARATES = 0;
/** Accents: of no account, so that a text is the same composed, decomposed, and without them. */
export const SKIPPED = 1;
/** Flag of a character that is a word by itself, of scripts that have no spaces between words. */
export const ALONE = 0x8000_0000;

const WORD = /^[\p{L}\p{M}\p{N}]$/u;
const ACCENT = /^[\u0300-\u036f]$/;
const ACCENTS = /[\u0300-\u036f]/g;
/** Scripts that have no spaces between words, as a class of a regular expression. */
export const WITHOUT_SPACES = String.raw`\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\p{Script=Tibetan}`;
const STANDS_ALONE = new RegExp(`^[${WITHOUT_SPACES}]$`, "u");

/** What each code point is in the comparison of words, or `UNKNOWN` if it was not looked up yet. */
const known = new Uint32Array(0x110000).fill(0xffff_ffff);
const UNKNOWN = 0xffff_ffff;

/**
 * A code point as words are compared by: `SEPARATES`, `SKIPPED`, or its letter without case and accents, with `ALONE`
 * where it is a word by itself.
 */
export function wordCharacter(codePoint: number): number {
  const found = Number(known[codePoint]);
  if (found !== UNKNOWN) return found;
  return (known[codePoint] = lookUp(String.fromCodePoint(codePoint)));
}

function lookUp(character: string): number {
  if (!WORD.test(character)) return SEPARATES;
  if (ACCENT.test(character)) return SKIPPED;
  const alone = STANDS_ALONE.test(character) ? ALONE : 0;
  return (alone | letterOf(character)) >>> 0;
}

/** The letter alone where the character is one with accents; Hangul and all else that is made of several stays whole. */
function letterOf(character: string): number {
  const letter = character.toLowerCase().normalize("NFD").replace(ACCENTS, "");
  const codePoint = Number(letter.codePointAt(0));
  return letter === String.fromCodePoint(codePoint) ? codePoint : Number(character.codePointAt(0));
}
