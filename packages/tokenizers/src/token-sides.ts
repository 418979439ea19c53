/** What a piece may be: the settings of the same meaning of SentencePiece's trainer. */
export interface PieceRules {
  /** Mark of a space. */
  readonly mark: string;
  /** Where a piece can have one beside other characters: at its beginning, at its end, or also within. */
  readonly marks: "before" | "after" | "within";
  /** Can a piece be marks alone (allow_whitespace_only_pieces)? */
  readonly marksAlone: boolean;
  /** Is a piece of one script (split_by_unicode_script)? */
  readonly scriptsApart: boolean;
  /** Do digits count as of a script (split_by_number)? */
  readonly numbersApart: boolean;
  /** Is each digit a piece (split_digits)? */
  readonly digitsApart: boolean;
  /** Characters of the longest piece; null: of any length. */
  readonly mostChars: number | null;
}

/** Kinds of native/token-words.h. */
const ANY = 0;
const MARK = 0xfffc;
const MARKS = 0xfffd;
const SAME = 0xfffe;
const NEVER = 0xffff;

/** Sides of a token that is joined to none. */
export const ALONE = sides(NEVER, NEVER);

/** What a piece can be joined to: the kind of what it begins with, and of what it ends with. */
export function sidesOf(piece: string, rules: PieceRules): number {
  const { mark, digitsApart } = rules;
  if (NO_PART.test(piece) || (digitsApart && DIGIT.test(piece))) return ALONE;
  const kinds = kindsIn(piece, rules);
  const left = piece.startsWith(mark) ? beforeMark(piece, rules) : (kinds[0] ?? ANY);
  const right = piece.endsWith(mark) ? afterMark(piece, rules) : (kinds.at(-1) ?? SAME);
  return sides(left, right);
}

/** Is a piece of several characters as these rules say, but for its marks? */
export function isByRules(piece: string, rules: PieceRules): boolean {
  const kinds = kindsIn(piece, rules).filter((kind) => kind !== ANY);
  return new Set(kinds).size <= 1 && !(rules.digitsApart && DIGIT.test(piece));
}

const kindsIn = (piece: string, rules: PieceRules): number[] =>
  Array.from(piece.replaceAll(rules.mark, ""), (char) => kindOf(char, rules)).filter((kind) => kind !== SAME);

function sides(left: number, right: number): number {
  return left * 0x1_0000 + right;
}

/** A piece of marks alone is joined to such ones only, but for a single mark; what ends in a mark is begun by none. */
function beforeMark(piece: string, { mark, marks, marksAlone }: PieceRules): number {
  const only = piece.replaceAll(mark, "") === "";
  if (only && marksAlone) return MARKS;
  const joins = { before: false, after: piece === mark, within: !only };
  return joins[marks] ? ANY : NEVER;
}

function afterMark(piece: string, { mark, marks, marksAlone }: PieceRules): number {
  const joins = marks !== "after" && piece === mark;
  if (piece.replaceAll(mark, "") !== "" || !marksAlone) return joins ? ANY : NEVER;
  return joins ? MARK : MARKS;
}

/** No part of a longer piece: control characters, a space, what SentencePiece's trainer has for what is unknown. */
const NO_PART = /[\p{Cc} \u2585]/u;
const DIGIT = /[0-9\uff10-\uff19]/;

function kindOf(char: string, { scriptsApart, numbersApart }: PieceRules): number {
  if (!scriptsApart || (!numbersApart && DIGIT.test(char))) return ANY;
  let kind = kinds.get(char);
  if (kind === undefined) {
    const script = SCRIPTS.findIndex((pattern) => pattern.test(char));
    kind = INHERITED.test(char) ? SAME : script < 0 ? SCRIPTS.length + 1 : script + 1;
    kinds.set(char, kind);
  }
  return kind;
}

const kinds = new Map<string, number>();

const INHERITED = /\p{Script=Inherited}/u;

/** Those of living languages, Han with Japan's own, as SentencePiece has it; all others count as one. */
const SCRIPTS = [
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\u30fc]/u,
  ...[
    "Common",
    "Latin",
    "Cyrillic",
    "Arabic",
    "Devanagari",
    "Hangul",
    "Greek",
    "Hebrew",
    "Thai",
    "Bengali",
    "Tamil",
    "Telugu",
    "Gujarati",
    "Gurmukhi",
    "Kannada",
    "Malayalam",
    "Oriya",
    "Sinhala",
    "Georgian",
    "Armenian",
    "Ethiopic",
    "Khmer",
    "Lao",
    "Myanmar",
    "Tibetan",
    "Mongolian",
    "Syriac",
    "Thaana",
    "Cherokee",
    "Canadian_Aboriginal",
    "Bopomofo",
    "Yi",
    "Tifinagh",
    "Nko",
    "Vai",
    "Balinese",
    "Javanese",
    "Braille",
  ].map((name) => new RegExp(`\\p{Script=${name}}`, "u")),
];
