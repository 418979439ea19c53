import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadTokenizer, trainBpe } from "@trainer/tokenizers";
import { temporaryFolder } from "../home/temporary-folder.js";
import { encodingSha256, tokenizerSha256 } from "./bin-tokenizer.js";

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

test("what lies beside a tokenizer makes no other ids of a text, unless it gives tokens other roles", async () => {
  const tokenizer = await trainBpe({ texts: ["a b c"], vocabSize: 270 });
  const hash = await encodingSha256(tokenizer);
  expect(hash).toBe(await tokenizerSha256(tokenizer)); // it has no other files
  const besides = async (config: object) => {
    await using folder = await temporaryFolder();
    await tokenizer.save(folder.path);
    await writeFile(join(folder.path, "tokenizer_config.json"), JSON.stringify(config));
    return await encodingSha256(await loadTokenizer(folder.path));
  };
  expect(await besides({ model_max_length: 16, eos_token: "[EOS]", chat_template: "{{ x }}" })).toBe(hash);
  const others = [await besides({ eos_token: "[BOS]" }), await besides({ unk_token: "[PAD]" })];
  expect(new Set([hash, ...others]).size).toBe(3);
});
