import { expect, test } from "vitest";
import { viewOf } from "./document-batch.js";
import { documentHash, seedKey } from "./document-hash.js";

const hash = (text: string, key = 0) => documentHash(viewOf(Buffer.from(text)), key);

test("the hash is MurmurHash3's", () => {
  // Vectors of the reference implementation, MurmurHash3_x86_32
  expect(hash("")).toBe(0);
  expect(hash("", 1)).toBe(0x514e28b7);
  expect(hash("test", 0x9747b28c)).toBe(0x704b81dc);
  expect(hash("Hello, world!", 0x9747b28c)).toBe(0x24884cba);
  expect(hash("The quick brown fox jumps over the lazy dog", 0x9747b28c)).toBe(0x2fa826cd);
  expect(hash("aaa", 0x9747b28c)).toBe(0x283e0130);
});

test("a document within a batch has the hash it has alone, wherever it lies", () => {
  const batch = viewOf(Buffer.from("xyzHello, world!"));
  expect(documentHash(batch, 7, 3)).toBe(hash("Hello, world!", 7));
});

test("only the first 64 KiB count, so the first piece of a large document is enough", () => {
  const start = "a".repeat(64 << 10);
  expect(hash(`${start}b`)).toBe(hash(`${start}c`));
  expect(hash(start.slice(1))).not.toBe(hash(start));
});

test("keys differ by purpose and seed", () => {
  const keys = [seedKey("split", 1), seedKey("split", 2), seedKey("blocks", 1), seedKey("split", 2 ** 40)];
  expect(new Set(keys).size).toBe(4);
});
