import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { trainTokenizer } from "@trainer/tokenizers";
import { expect, test } from "vitest";
import { openTinyGpt2 } from "../../test/fixture.js";
import { near } from "../../../../test/matching.js";
import { openCorpus } from "../corpus/corpus.js";
import { temporaryFolder } from "../home/temporary-folder.js";
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

const specialsOnly = (vocabSize: number) => ({
  vocabSize,
  specials: { pad: null, unk: null, bos: null, eos: null },
  isSpecial: () => true,
  tokenBytes: () => new Uint8Array(1),
});
