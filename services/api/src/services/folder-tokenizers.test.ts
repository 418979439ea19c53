import { mkdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { scratchPath } from "@trainer/testing";
import { openHome } from "@trainer/training/files";
import { expect, test } from "vitest";
import { FolderTokenizers } from "./folder-tokenizers.js";

const stats = { coverage: 1, oov_rate: 0, token_count: 5, char_coverage: 1 };
const config = { method: "bpe", special_tokens: [] };

test("what was read is kept until the folder around the tokenizers changes, and what is damaged is read again", async () => {
  const { root, tokenizers } = openHome(scratchPath("tokenizers"));
  const found = new FolderTokenizers(openHome(root));
  const listed = async () => {
    const all = await found.newest(9, new Set());
    return all.map(({ tokenizerId, stats: measured }) => [tokenizerId, measured?.token_count]);
  };
  const write = (id: string, manifest: string) => {
    mkdirSync(join(tokenizers, id), { recursive: true });
    writeFileSync(join(tokenizers, id, "manifest.json"), manifest);
    utimesSync(join(tokenizers, id), 1, 1);
  };
  const made = (count: number) => JSON.stringify({ created_at: 1, config, stats: { ...stats, token_count: count } });
  const longAgo = () => utimesSync(tokenizers, 10, 10);
  expect(await listed()).toEqual([]); // there is no such folder yet
  write("a", made(1));
  write("b", "{");
  expect(await listed()).toEqual([["a", 1]]);
  write("a", made(2)); // by a clock that is too coarse to tell it
  expect(await listed()).toEqual([["a", 2]]);
  longAgo();
  expect(await listed()).toEqual([["a", 2]]);
  write("a", made(3));
  write("b", made(4));
  longAgo();
  expect(await listed()).toEqual([
    ["a", 2],
    ["b", 4],
  ]);
  rmSync(join(tokenizers, "a"), { recursive: true });
  expect(await listed()).toEqual([["b", 4]]);
  expect(await found.one("b")).toMatchObject({ tokenizerId: "b", createdAt: 1000 });
  expect(await found.one("a")).toBeNull();
  expect(await found.one("../a")).toBeNull();
});
