/**
 * GPT-2's spelling of bytes as characters (Radford et al. 2019, `encoder.py`): a byte that prints in Latin-1 is that
 * character, the other 68 are the characters from U+0100 on, so that a token of any bytes is a readable string.
 */
const charOfByte: readonly string[] = Array.from({ length: 256 }, (_, byte) => {
  if (prints(byte)) return String.fromCharCode(byte);
  let before = 0;
  for (let other = 0; other < byte; other++) before += prints(other) ? 0 : 1;
  return String.fromCharCode(256 + before);
});

function prints(byte: number): boolean {
  return (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
}

const byteOfCode = new Int16Array(256 + 68).fill(-1);
for (const [byte, char] of charOfByte.entries()) byteOfCode[char.charCodeAt(0)] = byte;

/** The 256 bytes in the order of their characters, which is that of a new vocabulary. */
export const alphabet: readonly { readonly byte: number; readonly char: string }[] = charOfByte
  .map((char, byte) => ({ byte, char }))
  .sort((a, b) => a.char.charCodeAt(0) - b.char.charCodeAt(0));

/** Spells bytes as a token. */
export const spell = (bytes: Uint8Array): string => Array.from(bytes, (byte) => charOfByte[byte]).join("");

/** The bytes that a token spells, or null if one of its characters stands for none. */
export function unspell(token: string): Uint8Array | null {
  const bytes = new Uint8Array(token.length);
  for (let i = 0; i < token.length; i++) {
    const byte = byteOfCode[token.charCodeAt(i)];
    if (byte === undefined || byte < 0) return null;
    bytes[i] = byte;
  }
  return bytes;
}
