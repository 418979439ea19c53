import { expect, test } from "vitest";
import { unzstd } from "./unzstd.js";

const BLOCK = 128 << 10;

/** A frame of blocks that each say in four bytes that one byte is repeated (RFC 8878, 3.1.1.2). */
function bomb(blocks: number): Buffer {
  const head = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0x38]);
  const each = Array.from({ length: blocks }, (_, i) => {
    const block = Buffer.alloc(4, "a");
    block.writeUIntLE((BLOCK << 3) | 2 | Number(i === blocks - 1), 0, 3);
    return block;
  });
  return Buffer.concat([head, ...each]);
}

test("a few bytes that stand for many are held in parts of 8 MiB, not all at once", async () => {
  async function* chunks() {
    yield bomb(400);
  }
  let [bytes, most] = [0, 0];
  for await (const piece of unzstd(chunks())) {
    bytes += piece.length;
    most = Math.max(most, piece.length);
  }
  expect(bytes).toBe(400 * BLOCK);
  expect(most).toBeLessThanOrEqual(8 << 20);
});
