import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { near } from "@trainer/testing";
import { trainTokenizer } from "@trainer/tokenizers";
import { expect, test } from "vitest";
import { openTinyGpt2 } from "../../test/fixture.js";
import { openCorpus } from "../corpus/corpus.js";
import { temporaryFolder } from "../home/temporary-folder.js";
import { BinWriter } from "./bin-writer.js";
import { buildBins } from "./build-bins.js";
import { textStatistics } from "./text-statistics.js";
import { windowAt, windowCount } from "./windows.js";

const texts = ["Für die Schiffe", "船のため 🚢🚢", "x"];

const everything = (tokens: number) => [{ start: 0, from: 0, to: tokens }];

test("characters and bytes are as the text has them, whatever the tokens cut through, and documents by their tokens", async () => {
  await using temporary = await temporaryFolder();
  using opened = await openTinyGpt2();
  const { tokenizer } = opened;
  const path = join(temporary.path, "text.txt");
  await writeFile(path, texts.join("\n"));
  const corpus = await openCorpus(path, { document: "line" });
  const split = { holdoutFraction: 0, testSplitRatio: 0, seed: 0 };
  for (const measureTraining of [true, false]) {
    const cacheDir = join(temporary.path, "bins");
    const { train: bin } = await buildBins({ corpus, tokenizer, split, measureTraining, cacheDir });
    const all = await textStatistics(bin, tokenizer, everything(bin.tokens));
    expect(all.characters).toBe(texts.reduce((sum, text) => sum + Array.from(text).length, 0));
    expect(all.bytes).toBe(Buffer.byteLength(texts.join("")));
    expect(all.targets).toBe(bin.tokens);
    expect(all.documentLengths).toMatchObject({ count: 3, min: 1 });
    const cut = { tokens: bin.tokens, context: 4, stride: 4 };
    const parts = Array.from({ length: windowCount(cut) }, (_, i) => windowAt(i, cut));
    const [first] = tokenizer.encode(texts[0] ?? "");
    const of = await Promise.all(parts.map((window) => textStatistics(bin, tokenizer, [window])));
    expect(of.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(all.bytes - tokenizer.tokenBytes(Number(first)).length);
  }
});

test("of a kind that puts a space before each text, and of unknown characters, the sums are the text's own", async () => {
  await using temporary = await temporaryFolder();
  const sentences = Array.from({ length: 400 }, (_, i) => `the ship of day ${i} came by the window`);
  const tokenizer = await trainTokenizer("sentencepiece", { texts: sentences, vocabSize: 90, minFrequency: 1 });
  const path = join(temporary.path, "text.txt");
  await writeFile(path, sentences.join("\n"));
  const corpus = await openCorpus(path, { document: "line" });
  const split = { holdoutFraction: 0, testSplitRatio: 0, seed: 0 };
  const bins = await buildBins({
    corpus,
    tokenizer,
    split,
    measureTraining: true,
    cacheDir: join(temporary.path, "b"),
  });
  const { train: bin } = bins;
  expect(bin.measured?.loss.bytes).toBe(0);
  const all = await textStatistics(bin, tokenizer, everything(bin.tokens));
  expect([all.bytes, all.characters]).toEqual([near(bin.bytes, 6), near(bin.bytes, 6)]);
  expect(await textStatistics(bin, specialsOnly(tokenizer.vocabSize), everything(bin.tokens))).toMatchObject({
    bytes: 0,
    characters: 0,
    documentLengths: null,
  });
});

test("a bin larger than what is read at once is counted whole, and a window across that border by its own targets", async () => {
  await using temporary = await temporaryFolder();
  const path = join(temporary.path, "a.bin");
  const tokens = 600_000;
  const ids = Uint16Array.from({ length: tokens }, (_, i) => (i % 10 === 9 ? 0 : 1 + (i % 2))); // 0 ends a document
  await using writer = await BinWriter.create(path, "uint16");
  await writer.write(ids, { documents: tokens / 10, bytes: 750_000 });
  const bin = { path, ...(await writer.finish()), measured: null };
  const spelling = {
    vocabSize: 3,
    specials: { pad: null, unk: null, bos: null, eos: 0 },
    isSpecial: (id: number) => id === 0,
    tokenBytes: (id: number) => new Uint8Array(id).fill(0x61),
  };
  const all = await textStatistics(bin, spelling, everything(tokens));
  expect(all).toMatchObject({ targets: tokens, bytes: 750_000, characters: 780_000 });
  expect(all.documentLengths).toEqual({
    count: 60_000,
    min: 9,
    mean: 9,
    max: 9,
    histogram: [{ from: 8, to: 15, count: 60_000 }],
  });
  const border = (1 << 20) / 2;
  const part = await textStatistics(bin, spelling, [{ start: border - 20, from: border - 10, to: border + 10 }]);
  expect(part).toMatchObject({ targets: 20, characters: 26 });
});

const specialsOnly = (vocabSize: number) => ({
  vocabSize,
  specials: { pad: null, unk: null, bos: null, eos: null },
  isSpecial: () => true,
  tokenBytes: () => new Uint8Array(1),
});
