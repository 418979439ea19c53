import { crc32c } from "./crc32c.js";

/** Bytes before a record's data: its length and the length's checksum. */
const HEAD = 12;
const CHECKSUM = 4;

/** Data as a record of a TFRecord file, of which an event file is one. */
export function record(data: Buffer): Buffer {
  const bytes = Buffer.alloc(HEAD + data.length + CHECKSUM);
  bytes.writeBigUInt64LE(BigInt(data.length));
  bytes.writeUInt32LE(masked(bytes.subarray(0, 8)), 8);
  data.copy(bytes, HEAD);
  bytes.writeUInt32LE(masked(data), HEAD + data.length);
  return bytes;
}

/** Size of the whole, sound records at a file's beginning: a process that was killed may have left part of one at its end. */
export function wholeRecords(bytes: Buffer): number {
  let at = 0;
  for (;;) {
    const head = bytes.subarray(at, at + HEAD);
    if (head.length < HEAD || head.readUInt32LE(8) !== masked(head.subarray(0, 8))) return at;
    const length = Number(head.readBigUInt64LE());
    const from = at + HEAD;
    if (bytes.length - from < length + CHECKSUM) return at;
    if (bytes.readUInt32LE(from + length) !== masked(bytes.subarray(from, from + length))) return at;
    at = from + length + CHECKSUM;
  }
}

/** A checksum of data that may hold checksums itself is turned and moved, as TensorFlow does. */
function masked(bytes: Buffer): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
