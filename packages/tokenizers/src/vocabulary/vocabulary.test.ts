import { readFileSync } from "node:fs";
import { join } from "node:path";
import { scratchPath } from "@trainer/testing";
import { codePoint } from "@trainer/testing/code-points";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fixturePath } from "../../test/fixture.js";
import { bpeJson } from "../bpe-json.js";
import { loadTokenizer } from "../load.js";
import { trainSentencePiece } from "../train-sentencepiece.js";
import { MOST_VOCABULARY_BYTES, readVocabulary } from "./vocabulary.js";

const utf8 = new TextEncoder();
const read = (json: unknown) => readVocabulary(utf8.encode(typeof json === "string" ? json : JSON.stringify(json)));
const bpe = (vocab: unknown, more: object = {}) => ({ model: { type: "BPE", vocab, merges: [] }, ...more });

describe.each(["gpt2", "llama3", "qwen2", "char", "pieces-t5", "pieces-gemma", "pieces-llama2", "pieces-legacy"])(
  "%s",
  (name) => {
    test("has the tokens that the encoder has, in the order of their ids", async () => {
      const path = fixturePath(`${name}.json`);
      const tokenizer = await loadTokenizer(path);
      const tokens = await readVocabulary(readFileSync(path));
      expect(tokens.map(({ id, spelled }) => [id, spelled])).toEqual(
        Array.from({ length: tokenizer.vocabSize }, (_, id) => [id, tokenizer.token(id)]),
      );
    });
  },
);

test("a model of SentencePiece has the pieces that its library says, of their kinds", async () => {
  const tokenizer = await trainSentencePiece({
    files: [fixturePath("prose.txt")],
    vocabSize: 500,
    modelType: "unigram",
    byteFallback: true,
    userDefinedSymbols: ["<sep>"],
    padId: 3,
  });
  const folder = scratchPath("model");
  await tokenizer.save(folder);
  const tokens = await readVocabulary(readFileSync(join(folder, "tokenizer.model")));
  expect(tokens.map(({ spelled }) => spelled)).toEqual(
    Array.from({ length: tokenizer.vocabSize }, (_, id) => tokenizer.token(id)),
  );
  const named = (spelled: string) => tokens.find((token) => token.spelled === spelled);
  expect(named("[BOS]")).toMatchObject({ kind: "special", text: "[BOS]" });
  expect(named("[UNK]")).toMatchObject({ kind: "special" });
  expect(named("<sep>")).toMatchObject({ kind: "added" });
  expect(named("<0x41>")).toMatchObject({ kind: "bytes", text: "A", bytes: 1 });
  expect(named("<0xE2>")).toMatchObject({ kind: "bytes", text: null, bytes: 1 });
  expect(named("▁the")).toMatchObject({ kind: "text", text: " the", bytes: 4 });
});

test("tokens of bytes stand for text, or for parts of characters", async () => {
  const steps = { decoder: { type: "ByteLevel" }, added_tokens: [{ id: 4, content: "Ġ|" }] };
  expect(await read(bpe({ Ġthe: 0, Ã: 1, "Ã©": 2, 漢: 3 }, steps))).toEqual([
    { id: 0, spelled: "Ġthe", text: " the", bytes: 4, kind: "text" },
    { id: 1, spelled: "Ã", text: null, bytes: 1, kind: "bytes" },
    { id: 2, spelled: "Ã©", text: "é", bytes: 2, kind: "text" },
    { id: 3, spelled: "漢", text: "漢", bytes: 3, kind: "text" },
    { id: 4, spelled: "Ġ|", text: "Ġ|", bytes: 3, kind: "added" },
  ]);
});

test("words of a vocabulary without a mark for spaces are as they are, and special ones of characters are", async () => {
  expect(await read({ model: { type: "WordLevel", vocab: { "▁a": 0, "<0x41>": 1 } } })).toMatchObject([
    { text: "▁a", kind: "text" },
    { text: "<0x41>", kind: "text" },
  ]);
  const char = { kind: "char", specials: ["[UNK]"], vocab: { "[UNK]": 0, "▁": 1 } };
  expect(await read(char)).toMatchObject([{ kind: "special" }, { text: "▁", kind: "text" }]);
});

test("whatever tokens are called, they are read back, also where the file is long", async () => {
  const name = fc.string({ unit: codePoint, maxLength: 20 }).filter((text) => text.isWellFormed());
  const names = fc.uniqueArray(name, { minLength: 1, maxLength: 50 });
  const examples: [string[]][] = [
    [['"', "\\", '\\"', "{", "]", ",", "__proto__", "constructor", "1", "\u0000", " "]],
    [Array.from({ length: 60_000 }, (_, i) => `token "${i}"`)],
  ];
  await fc.assert(
    fc.asyncProperty(names, async (tokens) => {
      const json = bpeJson({ tokens, merges: new Uint32Array(), specials: [], unknown: null });
      for (const text of [json, JSON.stringify(JSON.parse(json))])
        expect((await read(text)).map(({ spelled }) => spelled)).toEqual(tokens);
    }),
    { numRuns: 50, examples },
  );
});

test.each([
  ["", "it lists no tokens"],
  ["no", "it is no JSON and no SentencePiece model"],
  ["[0]", "it is no JSON and no SentencePiece model"],
  ["{", "it ends too early"],
  ['{"model": {"vocab": {"a": 0', "it ends too early"],
  ['{"model": {"vocab": {"a": 0,,}}}', "it is not JSON"],
  ['{"model": {"vocab": {"a": x}}}', "it is not JSON"],
  ["{model: 1}", "an object has a key that is no text"],
  ['{"mod\\xel": 1}', "it is not JSON"],
  [{}, "it says no vocabulary"],
  [{ model: 3 }, "its model is no object"],
  [bpe(3), "its vocabulary is no list of tokens"],
  [bpe({}), "it lists no tokens"],
  [bpe({ a: -1 }), "its vocabulary does not map tokens to numbers"],
  [bpe([["a"]]), "its vocabulary does not map tokens to numbers"],
  [bpe({ a: 1 }, { added_tokens: ["a"] }), "its vocabulary does not map tokens to numbers"],
  [bpe({ ["a".repeat(1 << 20)]: 1 }), "it has a token of more than a million bytes"],
  [
    Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [`k${i}`, i])),
    "it has more parts than any tokenizer has",
  ],
])("%j is refused in a sentence (%#)", async (file, message) => {
  await expect(read(file)).rejects.toThrow(`the file is broken: ${message}`);
});

test.each([
  [[0x0a], "it ends too early"],
  [[0x0a, 0x05, 0x0a], "it ends too early"],
  [[0x10, 0x01, 0x11, 0, 0, 0, 0, 0, 0, 0, 0, 0x15, 0, 0, 0, 0], "it lists no tokens"],
  [[0x08, 0x01], "a piece is a number"],
  [[0x08], "it ends too early"],
  [[0x0b], "it is no JSON and no SentencePiece model"],
  [[0x08, ...Array.from({ length: 11 }, () => 0xff)], "it has a number of too many bytes"],
])("a model of the bytes %j is refused in a sentence", async (bytes, message) => {
  await expect(readVocabulary(Uint8Array.from(bytes))).rejects.toThrow(`the file is broken: ${message}`);
});

test("files and vocabularies that are larger than any are refused", async () => {
  await expect(readVocabulary(new Uint8Array(MOST_VOCABULARY_BYTES + 1))).rejects.toThrow("as no tokenizer has");
  const pieces = new Uint8Array(2 * 1_000_001);
  pieces.fill(0x0a).forEach((_, i) => i % 2 === 1 && (pieces[i] = 0));
  await expect(readVocabulary(pieces)).rejects.toThrow("more than 1000000 tokens");
});

test("other work runs while a long file is read", async () => {
  const vocab = Object.fromEntries(Array.from({ length: 200_000 }, (_, i) => [`token number ${i}`, i]));
  const bytes = utf8.encode(JSON.stringify(bpe(vocab, { merges: Array.from({ length: 200_000 }, () => "a b") })));
  let rounds = 0;
  const timer = setInterval(() => (rounds += 1), 1);
  expect(await readVocabulary(bytes)).toHaveLength(200_000);
  clearInterval(timer);
  expect(rounds).toBeGreaterThan(5); // it came round between
});
