import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { WindowTooLarge, ZstdFrames } from "./zstd-frames.js";

const FRAME = Buffer.from("28b52ffd", "hex");
const bytes = (...parts: readonly (number[] | Buffer)[]) => Buffer.concat(parts.map((part) => Buffer.from(part)));
const block = (text: string, isLast = true) =>
  bytes([(text.length << 3) | (isLast ? 1 : 0), text.length >> 5, 0], Buffer.from(text));
const SMALL = bytes(FRAME, [0x24, 3], block("a", false), [0x03 | ((200 << 3) % 256), 6, 0, 0x61], [1, 2, 3, 4]);
const SKIPPED = bytes(Buffer.from("5a2a4d1806000000", "hex"), FRAME, [0, 0xff]);
const HUGE: Readonly<Record<string, Buffer>> = {
  "2 GiB as a window": bytes(FRAME, [0, 21 << 3], block("a")),
  "an eighth more than 128 MiB": bytes(FRAME, [0, (17 << 3) | 1], block("a")),
  "128 MiB and a byte in one segment": bytes(FRAME, [0xa0, 1, 0, 0, 8], block("a")),
  "2 TiB in one segment, behind the id of a dictionary": bytes(FRAME, [0xe3, 9, 9, 9, 9, 0, 0, 0, 0, 0, 2, 0, 0]),
};

function follow(file: Buffer, size: number): void {
  const frames = new ZstdFrames();
  for (let at = 0; at < file.length; at += size) frames.push(file.subarray(at, at + size));
}

test("a frame that asks for more memory than zstd gives it is refused, wherever it is and the chunks end", () => {
  for (const frame of Object.values(HUGE)) {
    const file = bytes(SMALL, SKIPPED, SMALL, frame);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: file.length }), (size) => {
        expect(() => follow(file, size)).toThrow(WindowTooLarge);
      }),
    );
  }
});

test("frames of 128 MiB at most are followed, and what is no zstd", () => {
  const most = bytes(FRAME, [0, 17 << 3], block("a"));
  const one = bytes(FRAME, [0x60, 0, 1], block("a"));
  const lines = readFileSync(join(import.meta.dirname, "../../test/fixtures/zstd/lines.txt.zst"));
  for (const file of [most, one, bytes(SKIPPED, most, lines, SMALL), bytes(SMALL, Buffer.from("no zstd"))])
    for (const size of [1, 7, 1 << 20]) expect(() => follow(file, size)).not.toThrow();
});
