import { createHash } from "node:crypto";

const PREFIX = 64 << 10;

/** Derives a 32-bit key for one purpose from a seed of any size, so that uses of the same seed do not go together. */
export const seedKey = (purpose: string, seed: number) =>
  createHash("sha256").update(`${purpose}:${seed}`).digest().readUInt32LE();

/**
 * 32 well-mixed bits of the first 64 KiB of the document at [start, end) under a key (MurmurHash3, Appleby 2011, x86
 * 32-bit). Only the start counts, so that the hash is known when the first piece of a large document is there.
 */
export function documentHash(bytes: DataView, key: number, start = 0, end = bytes.byteLength): number {
  const length = Math.min(end - start, PREFIX);
  const blocks = start + (length & ~3);
  let h = key;
  for (let at = start; at < blocks; at += 4) {
    h ^= scramble(bytes.getInt32(at, true));
    h = (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
  }
  let tail = 0;
  for (let at = start + length - 1; at >= blocks; at--) tail = (tail << 8) | bytes.getUint8(at);
  h ^= scramble(tail); // of no bytes it is 0
  return mix(h ^ length) >>> 0;
}

/** MurmurHash3's finalizer: every input bit reaches every output bit. */
export function mix(x: number): number {
  let h = x;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

function scramble(word: number): number {
  const k = Math.imul(word, 0xcc9e2d51);
  return Math.imul((k << 15) | (k >>> 17), 0x1b873593);
}
