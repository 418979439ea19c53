import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Vocabulary } from "@trainer/platform";
import { matching } from "@trainer/testing";
import { startSystem, type System } from "@trainer/testing/api";
import { afterAll, beforeAll, expect, test } from "vitest";

let system: System;
beforeAll(async () => void (system = await startSystem()));
afterAll(() => system[Symbol.asyncDispose]());

const folderOf = (id: string) => join(system.root, "tokenizers", id);
function made(id: string, file: unknown, name = "tokenizer.json"): void {
  mkdirSync(folderOf(id), { recursive: true });
  writeFileSync(join(folderOf(id), name), typeof file === "string" ? file : JSON.stringify(file));
}
const page = async (id: string, query = "") =>
  Vocabulary.parse((await system.ask(`/tokenizers/${id}/vocabulary${query}`)).json);

const LONG = `${"long".repeat(100)}!`;
const vocab = { "[UNK]": 0, Ġthe: 1, The: 2, Ã: 3, "Ð¶": 4, "12": 5, "æ¼¢": 6, Ġdog: 7, "Î±Î²": 8, [LONG]: 9 };
const bpe = {
  added_tokens: [
    { id: 0, content: "[UNK]", special: true },
    { id: 10, content: "<|tool|>" },
  ],
  decoder: { type: "ByteLevel" },
  model: { type: "BPE", vocab, merges: [] },
};

test("a vocabulary has its figures, its longest tokens and a page of all, by their ids", async () => {
  made("bpe", bpe);
  const all = await page("bpe");
  expect(all).toMatchObject({
    tokenizer_id: "bpe",
    token_count: 11,
    kinds: { text: 8, bytes: 1, added: 1, special: 1 },
    lengths: [
      { characters: 1, tokens: 2 },
      { characters: 2, tokens: 2 },
      { characters: 3, tokens: 1 },
      { characters: 4, tokens: 2 },
      { characters: 20, tokens: 1 },
    ],
    found: 11,
  });
  expect(all.scripts[0]).toEqual({ script: "Latin", tokens: 4 });
  expect(all.scripts).toContainEqual({ script: "Cyrillic", tokens: 1 });
  expect(all.scripts).toContainEqual({ script: "Han", tokens: 1 });
  expect(all.longest.map(({ id }) => id).slice(0, 2)).toEqual([9, 1]);
  expect(all.longest[0]).toMatchObject({ characters: 401, bytes: 401, text: `${LONG.slice(0, 200)}…` });
  expect(all.tokens.map(({ id }) => id)).toEqual(Array.from({ length: 11 }, (_, id) => id));
  expect(all.tokens[1]).toEqual({ id: 1, spelled: "Ġthe", text: " the", bytes: 4, characters: 4, kind: "text" });
  expect(all.tokens[3]).toEqual({ id: 3, spelled: "Ã", text: null, bytes: 1, characters: null, kind: "bytes" });
  expect((await page("bpe", "?offset=9&limit=1")).tokens.map(({ id }) => id)).toEqual([9]);
  const many = Array.from({ length: 40 }, (_, i) => ["a".repeat(i), 0]);
  made("many", { model: { type: "Unigram", vocab: many } });
  const { longest, lengths } = await page("many");
  expect(longest.map(({ id }) => id)).toEqual(Array.from({ length: 30 }, (_, i) => 39 - i));
  expect(lengths.at(-1)).toEqual({ characters: 20, tokens: 20 });
  expect(await page("bpe", "?limit=0")).toMatchObject({ found: 11, tokens: [] });
});

test("tokens are found by a part of their text, in capitals or not, as they are spelled, and by their id", async () => {
  made("bpe", bpe);
  const found = async (q: string) => {
    const { found, tokens } = await page("bpe", `?q=${encodeURIComponent(q)}`);
    expect(found).toBe(tokens.length);
    return tokens.map(({ id }) => id);
  };
  expect(await found("THE")).toEqual([1, 2]);
  expect(await found(" the")).toEqual([1]);
  expect(await found("ġ")).toEqual([1, 7]);
  expect(await found("ã")).toEqual([3]);
  expect(await found("9")).toEqual([9]);
  expect(await found("nothing has this")).toEqual([]);
  expect(await page("bpe", "?q=t&offset=1&limit=1")).toMatchObject({ found: 3, tokens: [{ id: 2 }] });
});

test("a file that was written anew is read anew, and one of SentencePiece is read as well", async () => {
  made("two", {
    model: {
      type: "Unigram",
      vocab: [
        ["▁a", -1],
        ["bc", -2],
      ],
    },
    decoder: { type: "Metaspace" },
  });
  expect((await page("two")).tokens).toMatchObject([{ text: " a" }, { text: "bc" }]);
  made("two", { kind: "char", specials: [], vocab: Object.fromEntries(Array.from("ᚠ1abc", (each, i) => [each, i])) });
  expect(await page("two")).toMatchObject({
    token_count: 5,
    scripts: [
      { script: "Latin", tokens: 3 },
      { script: "Other", tokens: 1 },
    ],
  });
  made("spm", "\n\u0005\n\u0003abc", "tokenizer.model");
  expect((await page("spm")).tokens).toMatchObject([{ id: 0, text: "abc" }]);
});

test("what is no tokenizer, is damaged, or leads out of the home is refused in a sentence", async () => {
  made("damaged", '{"model": {"vocab": {"a": 0');
  made("other", { words: [] });
  mkdirSync(join(folderOf("folder"), "tokenizer.json"), { recursive: true });
  mkdirSync(folderOf("link"), { recursive: true });
  writeFileSync(join(system.root, "secret.json"), JSON.stringify(bpe));
  symlinkSync(join(system.root, "secret.json"), join(folderOf("link"), "tokenizer.json"));
  writeFileSync(join(system.root, "tokenizers", "file"), "");
  for (const id of ["none", "folder", "link", "file", "..%2fsecret", "%00"])
    expect(await system.ask(`/tokenizers/${id}/vocabulary`)).toMatchObject({
      status: 404,
      json: { code: "TOKENIZER_NOT_FOUND", message: matching(/^there is no tokenizer ".*" here$/) },
    });
  made("large", "");
  truncateSync(join(folderOf("large"), "tokenizer.json"), (64 << 20) + 1);
  expect(await system.ask("/tokenizers/large/vocabulary")).toMatchObject({
    status: 400,
    json: { message: "the tokens of large cannot be listed: the file is larger than any" },
  });
  for (const [id, why] of [
    ["damaged", "it ends too early"],
    ["other", "it says no vocabulary"],
  ] as const)
    expect(await system.ask(`/tokenizers/${id}/vocabulary`)).toMatchObject({
      status: 400,
      json: {
        code: "TOKENIZER_LOAD_FAILED",
        message: `the tokens of ${id} cannot be listed: the file is broken: ${why}`,
      },
    });
  for (const query of ["offset=x", `q=${"x".repeat(201)}`])
    expect((await system.ask(`/tokenizers/bpe/vocabulary?${query}`)).status).toBe(422);
});
