import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { tokenizerSha256 } from "./bin-tokenizer.js";

/** A tokenizer that is saved as these files, written in their order. */
const savedAs = (files: Readonly<Record<string, string>>) => ({
  async save(folder: string) {
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  },
});

test("a tokenizer's hash is of its files by name, in whatever order they were written", async () => {
  const hash = await tokenizerSha256(savedAs({ "b.json": "{}", "a.txt": "é" }));
  expect(hash).toBe(createHash("sha256").update("a.txt 2\néb.json 2\n{}").digest("hex"));
  expect(await tokenizerSha256(savedAs({ "a.txt": "é", "b.json": "{}" }))).toBe(hash);
});

test("files that differ in their names, or in where one ends and the next begins, are another tokenizer", async () => {
  const hashes = await Promise.all(
    [
      { a: "xy", b: "z" },
      { a: "x", b: "yz" },
      { a: "xyz", b: "" },
      { a: "xy", c: "z" },
    ].map((files) => tokenizerSha256(savedAs(files))),
  );
  expect(new Set(hashes).size).toBe(4);
});
