/**
 * Whitespace in UTF-8 as Python's `str.strip` counts it: the ASCII control spaces, 0x1C to 0x1F, U+0085 and the
 * Unicode spaces. Lines are stripped of it, and a text of nothing else is blank.
 */
const TWO = new Set([0xc285, 0xc2a0]); // U+0085, U+00A0
const THREE = new Set(
  ["\u1680", "\u2028", "\u2029", "\u202f", "\u205f", "\u3000"]
    .concat(Array.from({ length: 11 }, (_, i) => String.fromCodePoint(0x2000 + i)))
    .map((space) => Buffer.from(space).readUIntBE(0, 3)),
);
const LEADS = new Set([0xe1, 0xe2, 0xe3]);

export const asciiSpaces: ReadonlySet<number | undefined> = new Set([0x20, 9, 10, 11, 12, 13, 0x1c, 0x1d, 0x1e, 0x1f]);

/** First and last bytes of most lines: ASCII that is no space. */
const isPlain = (byte: number) => byte > 0x20 && byte < 0x80;

/** Start of the first character of bytes [start, end) that is no whitespace, or `end`. */
export function skipSpace(bytes: Buffer, start: number, end: number): number {
  let at = start;
  while (at < end) {
    const length = spaceAt(bytes, at, end);
    if (length === 0) break;
    at += length;
  }
  return at;
}

/** True for bytes that are whitespace alone, or none. */
export const isBlank = (bytes: Buffer): boolean => skipSpace(bytes, 0, bytes.length) === bytes.length;

/** Start of the trailing whitespace of bytes [start, end), or `end` if there is none. */
export function trimSpace(bytes: Buffer, start: number, end: number): number {
  let at = end;
  while (at > start) {
    const last = bytes.readUInt8(at - 1);
    if (isPlain(last)) break;
    if (asciiSpaces.has(last)) at -= 1;
    else if (at - 2 >= start && spaceAt(bytes, at - 2, at) === 2) at -= 2;
    else if (at - 3 >= start && spaceAt(bytes, at - 3, at) === 3) at -= 3;
    else break;
  }
  return at;
}

/** Length in bytes of the whitespace character at `at`, 0 if there is another character. */
function spaceAt(bytes: Buffer, at: number, end: number): 0 | 1 | 2 | 3 {
  const first = bytes.readUInt8(at);
  if (isPlain(first)) return 0;
  if (asciiSpaces.has(first)) return 1;
  if (first === 0xc2 && at + 2 <= end) return TWO.has(bytes.readUInt16BE(at)) ? 2 : 0;
  return LEADS.has(first) && at + 3 <= end && THREE.has(bytes.readUIntBE(at, 3)) ? 3 : 0;
}
