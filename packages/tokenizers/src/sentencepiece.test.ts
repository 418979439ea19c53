import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { fixturePath } from "../test/fixture.js";
import { scratch } from "@trainer/testing";
import { loadTokenizer } from "./load.js";
import { loadSentencePieceAddon } from "./sentencepiece-addon.js";
import { loadSentencePiece, SentencePieceTokenizer } from "./sentencepiece.js";
import { trainSentencePiece } from "./train-sentencepiece.js";

const refused = (code: string): unknown => expect.objectContaining({ code });
const files = [fixturePath("prose.txt")];
const withBytes = trainSentencePiece({
  files,
  vocabSize: 400,
  byteFallback: true,
  normalizationRuleName: "identity",
  userDefinedSymbols: ["<sep>"],
});

async function savedModel(): Promise<Buffer> {
  await using folder = await scratch();
  await (await withBytes).save(folder.path);
  return await readFile(join(folder.path, "tokenizer.model")); // before the folder goes
}

test("a model is known by what it is, whatever its name", async () => {
  await using folder = await scratch();
  const path = await folder.write("anything.json", await savedModel());
  const tokenizer = await loadTokenizer(path);
  expect(tokenizer.kind).toBe("sentencepiece");
  expect(tokenizer.encode("to be<sep>")).toEqual((await loadSentencePiece(path)).encode("to be<sep>"));
});

test("control symbols are not read from a text, user-defined ones are", async () => {
  const tokenizer = await withBytes;
  const { eos } = tokenizer.specials;
  expect(eos).toBe(2);
  expect([...tokenizer.encode("a[EOS]")]).not.toContain(eos);
  expect(Array.from(tokenizer.encode("a<sep>b"), (id) => tokenizer.token(id))).toContain("<sep>");
  expect(tokenizer.decode([1, ...tokenizer.encode("a<sep>b"), 2])).toBe("a<sep>b");
});

test("a token stands for what it is in the middle of a text", async () => {
  const tokenizer = await withBytes;
  const spelled = (id: number) => Buffer.from(tokenizer.tokenBytes(id)).toString("latin1");
  const [first = 0] = tokenizer.encode("the");
  expect(tokenizer.token(first)[0]).toBe("\u2581");
  expect(spelled(first)[0]).toBe(" ");
  expect([0, 1, 2].map(spelled)).toEqual([Buffer.from(" \u2047 ").toString("latin1"), "", ""]);
  const ids = tokenizer.encode("x😀").slice(-4);
  expect(Array.from(ids, (id) => tokenizer.token(id))).toEqual(["<0xF0>", "<0x9F>", "<0x98>", "<0x80>"]);
  expect(Array.from(ids, spelled).join("")).toBe("\xf0\x9f\x98\x80");
});

test("the bytes of a character each cover it", async () => {
  const { offsets } = (await withBytes).encodeWithOffsets("😀é");
  expect(offsets.slice(-12)).toEqual(Uint32Array.of(0, 2, 0, 2, 0, 2, 0, 2, 2, 3, 2, 3));
});

test("bytes that are not UTF-8 are read as U+FFFD, one for each part of a character", async () => {
  const tokenizer = await withBytes;
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
      expect(tokenizer.encodeBytes(bytes)).toEqual(tokenizer.encode(text));
    }),
  );
});

test("many documents on many threads give the ids of each, and none an empty batch", async () => {
  const tokenizer = await withBytes;
  const texts = Array.from({ length: 5000 }, (_, i) => `document ${i} ${"and so on ".repeat(i % 7)}`);
  let end = 0;
  const ends = Float64Array.from(texts, (text) => (end += text.length));
  const bytes = Buffer.from(texts.join(""));
  const { ids, counts } = await tokenizer.encodeBatch({ bytes, ends }, { dtype: "uint16", eos: 2 });
  expect([...ids]).toEqual(texts.flatMap((text) => Array.from(tokenizer.encode(text)).concat(2)));
  expect(counts.length).toBe(5000);
  const none = { bytes: new Uint8Array(), ends: new Uint32Array() };
  const empty = await tokenizer.encodeBatch(none, { dtype: "uint32", eos: null, threads: 3 });
  expect(empty).toEqual({ ids: new Uint32Array(), counts: new Uint32Array(), specialTokens: 0 });
});

test("a vocabulary too large for uint16 is refused there", async () => {
  const userDefinedSymbols = Array.from({ length: 66_000 }, (_, i) => `<${i}>`);
  const tokenizer = await trainSentencePiece({
    texts: ["a text"],
    vocabSize: 70_000,
    userDefinedSymbols,
    hardVocabLimit: false,
  });
  const documents = { bytes: Buffer.from("<65999>"), ends: Uint32Array.of(7) };
  await expect(tokenizer.encodeBatch(documents, { dtype: "uint16", eos: null })).rejects.toThrow(/does not fit uint16/);
  const { ids } = await tokenizer.encodeBatch(documents, { dtype: "uint32", eos: null });
  expect(tokenizer.token(ids[1] ?? 0)).toBe("<65999>");
});

test("a file that is missing, empty or something else is an error that names it", async () => {
  await using folder = await scratch();
  await expect(loadSentencePiece(join(folder.path, "none"))).rejects.toThrow(refused("TOKENIZER_NOT_FOUND"));
  const truncated = (await savedModel()).subarray(0, 3000);
  const wrong = [new Uint8Array(), Buffer.from("abc"), Buffer.from('\n{"a": 1}'), truncated];
  for (const bytes of wrong) {
    const path = await folder.write("tokenizer.model", bytes);
    await expect(loadSentencePiece(path)).rejects.toThrow(refused("TOKENIZER_LOAD_FAILED"));
    await expect(loadSentencePiece(path)).rejects.toThrow(`${path} is not a SentencePiece model: `);
    await expect(loadTokenizer(path)).rejects.toThrow(refused("TOKENIZER_LOAD_FAILED"));
  }
});

function openedOrError(model: Uint8Array): unknown {
  try {
    return new SentencePieceTokenizer(model);
  } catch (error) {
    return error;
  }
}

test("a damaged model is refused or works, and never ends the process", async () => {
  const model = await savedModel();
  const text = "To be, or not to be: that is the question. 😀<sep>";
  let loaded = 0;
  const refusals: unknown[] = [];
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(model.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }),
      fc.option(fc.nat(model.length)),
      (changes, length) => {
        const damaged = Buffer.from(model).subarray(0, length ?? model.length);
        for (const [at, byte] of changes) damaged[at] = byte;
        const tokenizer = openedOrError(damaged);
        if (!(tokenizer instanceof SentencePieceTokenizer)) {
          refusals.push(tokenizer);
          return;
        }
        loaded += 1;
        const ids = tokenizer.encode(text);
        expect(ids.every((id) => id >= 0 && id < tokenizer.vocabSize)).toBe(true);
        expect(tokenizer.encodeWithOffsets(text).ids).toEqual(ids);
        tokenizer.decode(ids);
      },
    ),
    // Chance alone may damage each of them too much: one change that changes nothing is always among them.
    { numRuns: 300, examples: [[[[0, model.readUInt8(0)]], null]] },
  );
  expect(loaded).toBeGreaterThan(0);
  for (const error of refusals) expect(error).toEqual(refused("TOKENIZER_LOAD_FAILED"));
});

test("without the library its tokenizer is said not to be supported, and what to do", async () => {
  await using folder = await scratch();
  expect(() => loadSentencePieceAddon(join(folder.path, "sentencepiece.node"))).toThrow(refused("UNSUPPORTED_BACKEND"));
  expect(() => loadSentencePieceAddon(join(folder.path, "sentencepiece.node"))).toThrow(/npm run build:native/);
  const broken = await folder.write("sentencepiece.node", "no library");
  expect(() => loadSentencePieceAddon(broken)).toThrow(refused("TOKENIZER_LOAD_FAILED"));
  const another = await folder.write("another.cjs", "module.exports = {}");
  expect(() => loadSentencePieceAddon(another)).toThrow(/is another addon/);
});
