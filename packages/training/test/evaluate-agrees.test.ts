import { rmSync } from "node:fs";
import { join } from "node:path";
import { scratchPath, tiny, writeCorpus } from "@trainer/testing";
import { evaluate, openHome, openModel, readManifest, train, type TrainInput } from "@trainer/training";
import { afterAll, beforeAll, expect, test } from "vitest";

let home = "";
let corpus = "";
beforeAll(async () => {
  home = scratchPath("evaluate-agrees");
  corpus = writeCorpus(join(home, "corpus.txt"));
  await run("base", {});
});
afterAll(() => rmSync(home, { recursive: true }));

const run = (runId: string, options: Partial<TrainInput>) =>
  train({ ...tiny, corpus, evaluate: false, maxSteps: 6, evalEvery: 3, runId, ...options }, { home });

const heldOut = async (id: string, split: "validation" | "test", stride: number | null = null) => {
  using opened = await openModel(id, { home: openHome(home) });
  return await evaluate(opened, { split, stride, prompts: [] }, { home: openHome(home) });
};

test.each<[string, Partial<TrainInput>]>([
  ["a window a text", {}],
  ["documents kept apart", { maskDocuments: true }],
  [
    "documents kept apart, in llama",
    {
      maskDocuments: true,
      modelFamily: "llama",
      modelConfig: { hiddenSize: 16, numHiddenLayers: 1, numAttentionHeads: 2 },
    },
  ],
  ["an LSTM", { modelFamily: "char_lstm", modelConfig: {}, vocabSize: null }],
  ["a batch that does not divide the windows", { batchSize: 3, maskDocuments: true }],
  ["accumulated batches", { gradAccumSteps: 2 }],
  ["a few short documents", { document: "line", maxSeqLen: 64, maskDocuments: true }],
  ["a sample of the split", { evalTokens: 100, holdoutFraction: 0.3, testSplitRatio: 0.3 }],
  ["sequences shorter than the model reads", { pretrainedRunId: "base", maxSeqLen: 8 }],
  ["a pretrained model's documents kept apart", { pretrainedRunId: "base", maskDocuments: true, maxSeqLen: null }],
  ["a fixed learning rate at its cap", { pretrainedRunId: "base", maxSeqLen: null, freezeEmbed: true }],
])("an evaluation of a split says to the last digit what training said: %s", async (name, options) => {
  const id = name.replaceAll(/[^a-z]+/gi, "-");
  const trained = await run(id, options);
  const [validation, tested] = [await heldOut(id, "validation"), await heldOut(id, "test")];
  expect([validation.loss, tested.loss]).toEqual([trained.bestValLoss, trained.testLoss]);
  expect([tested.perplexity, tested.bitsPerByte]).toEqual([trained.testPerplexity, trained.testBitsPerByte]);
});

test("an adapter that was merged has its loss but for the rounding of one sum of weights", async () => {
  const options = { pretrainedRunId: "base", maxSeqLen: null, loraRank: 2, maskDocuments: true, finetuneLrCap: 1e-2 };
  const trained = await run("adapted", options);
  expect((await heldOut("adapted", "validation")).loss).toBeCloseTo(trained.bestValLoss ?? 0, 6);
});

test("a stride by the window is no stride, and a shorter one keeps documents apart too", async () => {
  await run("apart", { maskDocuments: true });
  const [whole, strided] = [await heldOut("apart", "test"), await heldOut("apart", "test", 16)];
  expect(strided.loss).toBeCloseTo(whole.loss, 6);
  // Of a window of one token per stride, each token has all of its own document before it, and none of another.
  const manifest = await readManifest(join(home, "models", "apart", "manifest.json"));
  expect(manifest?.config).toMatchObject({ mask_documents: true });
  expect((await heldOut("apart", "test", 1)).loss).not.toBeCloseTo(whole.loss, 3);
});

test("a sample is of about as many tokens as asked for, the same each time, and says so; 0 is all", async () => {
  const trained = await run("sampled", { evalTokens: 100, holdoutFraction: 0.3, testSplitRatio: 0.3, evaluate: true });
  const manifest = await readManifest(join(home, "models", "sampled", "manifest.json"));
  const tokens = manifest?.test_tokens ?? 0;
  expect(manifest).toMatchObject({ config: { eval_tokens: 100 } });
  for (const n of [tokens, manifest?.evaluation?.tokens]) {
    expect(n).toBeGreaterThan(100 - 16); // of whole windows of 16; the split's last may be shorter
    expect(n).toBeLessThanOrEqual(112);
  }
  using opened = await openModel("sampled", { home: openHome(home) });
  const of = (options: object) =>
    evaluate(opened, { split: "test", prompts: [], ...options }, { home: openHome(home) });
  const [drawn, whole, other] = [await of({}), await of({ evalTokens: 0 }), await of({ evalTokens: 64, stride: 8 })];
  expect(drawn).toMatchObject({ sampled: true, tokens, loss: trained.testLoss });
  expect(whole).toMatchObject({ sampled: false, bytes: manifest?.splits?.test.bytes });
  expect(whole.tokens).toBe(Number(manifest?.splits?.test.tokens) - 1);
  expect(drawn.bytes / whole.bytes).toBeCloseTo(drawn.tokens / whole.tokens, 1);
  expect(Number(drawn.bitsPerByte) / Number(whole.bitsPerByte)).toBeCloseTo(1, 1);
  expect([Math.ceil(other.tokens / 8), other.sampled]).toEqual([8, true]);
  expect(new Set([drawn.dir, whole.dir, other.dir]).size).toBe(3);
});
