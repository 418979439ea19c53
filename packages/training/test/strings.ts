import { randomOf } from "@trainer/testing";

/** First and last characters of scripts, and of what is no letter. */
const RANGES: readonly (readonly [first: number, last: number])[] = [
  [0x20, 0x7e],
  [0x20, 0x7e],
  [0x61, 0x7a],
  [0xa0, 0x17f], // Latin
  [0x300, 0x36f], // marks alone
  [0x370, 0x3ff], // Greek
  [0x400, 0x45f], // Cyrillic
  [0x531, 0x587], // Armenian
  [0x5d0, 0x5ea], // Hebrew
  [0x610, 0x6ff], // Arabic
  [0x904, 0x96f], // Devanagari
  [0xb85, 0xbef], // Tamil
  [0xe01, 0xe5b], // Thai
  [0xf40, 0xf6c], // Tibetan
  [0x10d0, 0x10fa], // Georgian
  [0x1200, 0x1248], // Ethiopic
  [0x1780, 0x17e9], // Khmer
  [0x1e00, 0x1fff], // Latin and Greek, composed
  [0x2000, 0x206f], // spaces and joiners
  [0x2070, 0x218b], // numbers
  [0x2190, 0x23ff], // arrows and signs
  [0x3000, 0x30ff], // Kana
  [0x4e00, 0x9fa5], // Han
  [0xac00, 0xd7a3], // Hangul
  [0xf900, 0xfa6d], // Han that has a normal form
  [0xfb00, 0xfb06], // ligatures
  [0xff01, 0xffef], // half and full width
  [0x10330, 0x1034a], // Gothic
  [0x1d400, 0x1d454], // letters of mathematics
  [0x1f300, 0x1f64f], // emoji
  [0x20000, 0x2a6d6], // Han
];

/** What tokenizers treat in ways of their own. */
const PIECES = [
  " ",
  "  ",
  "   ",
  "\n",
  "\n\n",
  "\r\n",
  "\t",
  "'s",
  "'LL",
  "'Re",
  "don't",
  "1234567",
  "3.14",
  "²³½",
  "!?...",
  "[EOS]",
  "<|endoftext|>",
  "<sep>",
  "</s>",
  "\u2581",
  "👩‍👩‍👧",
  "the",
  " king",
];

/** Texts of all scripts, the same ones each time. */
export function stringsOf(count: number, seed = 1): string[] {
  const random = randomOf(seed);
  const below = (n: number) => Math.floor(random() * n);
  const char = (first: number, last: number): string => {
    const found = String.fromCodePoint(first + below(last - first + 1));
    return /\p{Cn}/u.test(found) ? char(first, last) : found; // a character to come may be anything to another program
  };
  const part = (): string => {
    if (below(3) === 0) return PIECES[below(PIECES.length)] ?? "";
    const [first, last] = RANGES[below(RANGES.length)] ?? [0x20, 0x7e];
    return Array.from({ length: 1 + below(6) }, () => char(first, last)).join("");
  };
  return Array.from({ length: count }, () => Array.from({ length: 1 + below(8) }, part).join(""));
}
