/** Number of characters (code points) that begin in UTF-8 bytes. */
export function characters(utf8: Uint8Array): number {
  let count = 0;
  for (let i = 0; i < utf8.length; i += 1) if ((Number(utf8[i]) & 0xc0) !== 0x80) count += 1;
  return count;
}
