import { PassThrough, Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";

import { attribute, END, tar } from "@trainer/testing/tar";
import { expect, test } from "vitest";
import { StrictTar } from "./strict-tar.js";

const members = Buffer.concat([
  tar(
    { name: "r/", type: "5" },
    { name: "r/empty" },
    { name: "r/small", content: "abc" },
    { name: "r/x", type: "x", content: attribute("mtime", "1.5") },
    { name: "r/block", content: "x".repeat(512) },
    { name: "r/large", content: "y".repeat(5000) },
  ),
  END,
]);

/** Entries read of an archive that comes in pieces of so many bytes. */
async function through(bytes: Buffer, size: number): Promise<Buffer> {
  const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
    bytes.subarray(i * size, (i + 1) * size),
  );
  const to = new PassThrough();
  const [read] = await Promise.all([buffer(to), pipeline(Readable.from(pieces), new StrictTar(), to)]);
  return read;
}

test.each([1, 7, 488, 511, 512, 513, 1000, 1024, 3000, 100_000])(
  "an archive in pieces of %i bytes is read as it is whole",
  async (size) => {
    expect((await through(members, size)).equals(members)).toBe(true);
    await expect(through(members.subarray(0, -512), size)).rejects.toThrow("it ends too soon");
    await expect(through(members.subarray(0, 2000), size)).rejects.toThrow("it ends too soon");
    await expect(through(Buffer.concat([members, tar({ name: "r/late" })]), size)).rejects.toThrow("follows its end");
  },
);
