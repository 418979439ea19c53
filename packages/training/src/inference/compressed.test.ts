import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { bitsPerByte, gzipBitsPerByte, zstd19 } from "./compressed.js";

const line = Buffer.from("the quick brown fox jumps over the lazy dog\n");
const noise = Buffer.from(Array.from({ length: 40_000 }, (_, i) => (Math.imul(i + 1, 2_654_435_761) >>> 13) & 255));

test("a text that was there before costs little, but not where gzip no longer looks back to it", () => {
  expect(gzipBitsPerByte(Buffer.alloc(0), line)).toBeGreaterThan(7);
  expect(gzipBitsPerByte(line, line)).toBeLessThan(1.5);
  expect(gzipBitsPerByte(Buffer.concat([line, noise]), line)).toBeGreaterThan(5);
});

test("zstd is used at level 19 where there is one", () => {
  expect(zstd19({})).toBeNull();
  const asked: object[] = [];
  const zstdCompressSync = (text: Uint8Array, options: object) => {
    asked.push(options);
    return gzipSync(text);
  };
  const compress = zstd19({ zstdCompressSync });
  expect(compress && bitsPerByte(compress, line, line)).toBeLessThan(1.5);
  expect(asked).toEqual([{ params: { 100: 19 } }, { params: { 100: 19 } }]);
  expect(zstd19() === null).toBe(!("zstdCompressSync" in process.getBuiltinModule("node:zlib")));
});
