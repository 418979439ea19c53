import { trainBpe, trainSentencePiece } from "@trainer/tokenizers";
import { scratch } from "@trainer/testing";
import { expect, test } from "vitest";
import { openCorpus } from "../corpus/corpus.js";
import { extendOnCorpus } from "./extend-on-corpus.js";
import { TokenizerManifest } from "./manifest.js";

const LINES = Array.from({ length: 200 }, (_, i) => `die Müllerin ${i} mahlt ${"abcdefghij"[i % 10]?.repeat(3)} Mehl`);

test("what is held back is not learned from, and both tokenizers are measured on it", async () => {
  await using folder = await scratch();
  const corpus = await openCorpus(await folder.write("own.txt", LINES.join("\n")), { document: "line" });
  const base = await trainBpe({ texts: ["the king and the queen ".repeat(9)], vocabSize: 280 });
  const split = { holdoutFraction: 0.2, testSplitRatio: 0, seed: 7 };
  const { tokenizer, manifest } = await extendOnCorpus(corpus, { id: "old", tokenizer: base }, { add: 30, split });
  const read = TokenizerManifest.parse(JSON.parse(JSON.stringify(manifest)));
  expect(read).toMatchObject({
    config: { method: "bpe", vocab_size: base.vocabSize + 30, min_frequency: 2, holdout_fraction: 0.2, seed: 7 },
    extends: { id: "old", vocab_size: base.vocabSize },
    stats: { sample_lines: 40 },
  });
  expect(read.extends?.sha256).toMatch(/^[0-9a-f]{64}$/);
  const { bytes_per_token: before } = manifest.extends;
  expect(Number(read.stats?.bytes_per_token)).toBeGreaterThan(1.5 * before);
  expect(tokenizer.vocabSize).toBe(base.vocabSize + 30);
});

test("a model of SentencePiece is told as such", async () => {
  await using folder = await scratch();
  const corpus = await openCorpus(await folder.write("own.txt", LINES.join("\n")), { document: "line" });
  const texts = ["the king and the queen ".repeat(9)];
  const base = await trainSentencePiece({
    texts,
    vocabSize: 300,
    modelType: "bpe",
    byteFallback: true,
    hardVocabLimit: false,
  });
  const split = { holdoutFraction: 0.2, testSplitRatio: 0, seed: 7 };
  const { manifest } = await extendOnCorpus(corpus, { id: "old", tokenizer: base }, { add: 30, split });
  expect(manifest.config.method).toBe("sentencepiece");
});
