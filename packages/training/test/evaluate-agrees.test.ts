import { rmSync } from "node:fs";
import { join } from "node:path";
import { evaluate, openHome, openModel, readManifest, train, type TrainInput } from "@trainer/training";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { scratch } from "../../../test/scratch.js";
import { tiny, writeCorpus } from "./corpus.js";

vi.setConfig({ testTimeout: 120_000 }); // on a busy machine

let home = "";
let corpus = "";
beforeAll(async () => {
  home = scratch("evaluate-agrees");
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
