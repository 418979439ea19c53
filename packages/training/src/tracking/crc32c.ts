/** Remainders of all bytes by Castagnoli's polynomial, its bits reversed; four bytes each. */
const TABLE = new DataView(new ArrayBuffer(256 * 4));
for (let byte = 0; byte < 256; byte++) {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  TABLE.setUint32(byte * 4, crc);
}

/** CRC-32C (RFC 3720): that of records, which zlib's CRC-32 is not. */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = TABLE.getUint32(((crc ^ byte) & 0xff) * 4) ^ (crc >>> 8);
  return ~crc >>> 0;
}
