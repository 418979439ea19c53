import * as zlib from "node:zlib";
import { z } from "zod";

/** Bytes before a text that gzip looks back at. */
const GZIP_WINDOW = 32_768;

/** ZSTD_c_compressionLevel, which the constants of Node.js have where they have zstd. */
const COMPRESSION_LEVEL = 100;

export type Compress = (text: Uint8Array) => Uint8Array;

const Zstd = z.custom<(text: Uint8Array, options: object) => Uint8Array>((found) => typeof found === "function");

/** zstd at level 19, where this Node.js has it (22.15 and later); else null. */
export function zstd19(from: object = zlib): Compress | null {
  const found = Zstd.safeParse(Reflect.get(from, "zstdCompressSync"));
  if (!found.success) return null;
  return (text) => found.data(text, { params: { [COMPRESSION_LEVEL]: 19 } });
}

export const gzip9: Compress = (text) => zlib.gzipSync(text, { level: 9 });

/** Bits for each byte of a text that comes after another, as a compressor that knows the other one writes it. */
export function bitsPerByte(compress: Compress, before: Uint8Array, text: Uint8Array): number {
  const both = Buffer.concat([before, text]);
  return (8 * (compress(both).length - compress(before).length)) / text.length;
}

/** The same by gzip, which looks back only so far. */
export const gzipBitsPerByte = (before: Uint8Array, text: Uint8Array): number =>
  bitsPerByte(gzip9, before.subarray(-GZIP_WINDOW), text);
