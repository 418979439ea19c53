/**
 * Whitespace in UTF-8 as Python's `str.strip` counts it: the ASCII control spaces, 0x1C to 0x1F, U+0085 and the
 * Unicode spaces. Lines are stripped of it, and a text of nothing else is blank.
 */
const WIDE = ["\u0085", "\u00a0", "\u1680", "\u2028", "\u2029", "\u202f", "\u205f", "\u3000"].concat(
  Array.from({ length: 11 }, (_, i) => String.fromCodePoint(0x2000 + i)),
);
const isWide = new Set(WIDE.map((space) => Buffer.from(space).reduce((code, byte) => code * 256 + byte, 0)));

export const isAsciiSpace = (byte: number) =>
  byte === 0x20 || (byte <= 0x0d && byte >= 0x09) || (byte >= 0x1c && byte <= 0x1f);

/** Where the first character that is no whitespace begins in bytes [start, end), or `end`. */
export function skipSpace(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end) {
    const length = spaceAt(bytes, at, end);
    if (length === 0) break;
    at += length;
  }
  return at;
}

/** Where the whitespace that ends bytes [start, end) begins, or `end` if there is none. */
export function trimSpace(bytes: Uint8Array, start: number, end: number): number {
  let at = end;
  while (at > start) {
    const byte = bytes[at - 1] ?? 0;
    if (isAsciiSpace(byte)) at -= 1;
    else if (byte < 0x80) break;
    else if (spaceAt(bytes, at - 2, at) === 2 && at - 2 >= start) at -= 2;
    else if (spaceAt(bytes, at - 3, at) === 3 && at - 3 >= start) at -= 3;
    else break;
  }
  return at;
}

/** Length in bytes of the whitespace character at `at`, 0 if there is another character. */
function spaceAt(bytes: Uint8Array, at: number, end: number): number {
  const first = bytes[at] ?? 0;
  if (isAsciiSpace(first)) return 1;
  if (first === 0xc2 && at + 2 <= end && isWide.has(first * 256 + (bytes[at + 1] ?? 0))) return 2;
  if (first < 0xe1 || first > 0xe3 || at + 3 > end) return 0;
  return isWide.has((first * 256 + (bytes[at + 1] ?? 0)) * 256 + (bytes[at + 2] ?? 0)) ? 3 : 0;
}
