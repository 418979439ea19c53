import { rmSync } from "node:fs";
import { join } from "node:path";
import { loadModel } from "@trainer/models";
import { scratchPath, tiny, writeCorpus } from "@trainer/testing";
import { openSafetensors } from "@trainer/torch";
import { readManifest, resume, train, type RunEvent, type TrainInput } from "@trainer/training";
import { afterAll, beforeAll, expect, test } from "vitest";
import { outcome } from "./run-files.js";

let home = "";
let corpus = "";
beforeAll(() => {
  home = scratchPath("optimizers");
  corpus = writeCorpus(join(home, "corpus.txt"));
});
afterAll(() => rmSync(home, { recursive: true }));

const dir = (id: string) => join(home, "models", id);
const short = () => ({ ...tiny, corpus, maxSteps: 8, evalEvery: 3, evaluate: false });

/** Trains a run whole, and another that is stopped after a step and resumed; ids begin with `name`. */
async function wholeAndCut(name: string, options: Partial<TrainInput>, at = 4): Promise<readonly [string, string]> {
  const [whole, cut] = [`${name}-whole`, `${name}-cut`];
  await train({ ...short(), ...options, runId: whole }, { home });
  const stop = new AbortController();
  const onEvent = (e: RunEvent) => e.type === "step" && e.step === at && stop.abort();
  await train({ ...short(), ...options, runId: cut }, { home, onEvent, signal: stop.signal });
  await resume(cut, { home });
  return [whole, cut];
}

const lstm = { modelFamily: "char_lstm", modelSize: "small", tokenizerMethod: "char", vocabSize: null } as const;

test.each([
  [
    "muon on untied llama",
    { modelFamily: "llama", modelConfig: llama({ tieWordEmbeddings: false }), optimizer: "muon", matrixLr: 0.02 },
  ],
  ["muon on an LSTM", { ...lstm, modelConfig: { embedDim: 8, hiddenDim: 16, numLayers: 1 }, optimizer: "muon" }],
  ["muon with moving averages", { optimizer: "muon", emaDecay: 0.8, weightDecay: 0.1, gradAccumSteps: 2 }],
  ["sequences that grow, by wsd", { seqLenWarmupSteps: 6, lrSchedule: "wsd", warmupSteps: 2, maskDocuments: true }],
  ["z-loss and capped logits", { modelFamily: "qwen", modelConfig: llama({ finalLogitSoftcapping: 5 }), zLoss: 1e-3 }],
  ["schedule-free steps over samples", { optimizer: "schedule_free", sampleEvery: 2, checkpointEvery: 3 }],
] as const)("%s: a run that is interrupted and resumed ends as one that was not", async (name, options) => {
  const [whole, cut] = await wholeAndCut(name.replaceAll(/\W+/g, "-"), options);
  expect(outcome(dir(cut))).toEqual(outcome(dir(whole)));
  expect(await readManifest(join(dir(cut), "manifest.json"))).toMatchObject({ status: "completed", steps: 8 });
});

function llama(more: object): Record<string, unknown> {
  const dimensions = { hiddenSize: 16, intermediateSize: 24, numHiddenLayers: 1, numAttentionHeads: 2 };
  return { ...dimensions, numKeyValueHeads: 1, headDim: 8, ...more };
}

test("an adapter is trained by Muon, its averages are used, and it goes on over an interruption", async () => {
  await train({ ...short(), runId: "base" }, { home });
  const adapted = {
    pretrainedRunId: "base",
    loraRank: 2,
    optimizer: "muon",
    emaDecay: 0.5,
    finetuneLrCap: 0.01,
  } as const;
  const [whole, cut] = await wholeAndCut("lora", adapted);
  expect(outcome(dir(cut))).toEqual(outcome(dir(whole)));
  expect(outcome(dir(whole)).weights).not.toBe(outcome(dir("base")).weights);
});

test("interrupted before its first step, a run's averages begin with that step all the same", async () => {
  const options = { emaDecay: 0.9 };
  await train({ ...short(), ...options, runId: "first-whole" }, { home });
  const stop = new AbortController();
  const onEvent = (e: RunEvent) => e.type === "start" && stop.abort();
  await train({ ...short(), ...options, runId: "first-cut" }, { home, onEvent, signal: stop.signal });
  await resume("first-cut", { home });
  expect(outcome(dir("first-cut"))).toEqual(outcome(dir("first-whole")));
});

test("moving averages change what is evaluated and used, and not how the weights are trained", async () => {
  const options = { ...short(), lrSchedule: "constant", maxSteps: 9, keepCheckpoints: 3, checkpointEvery: 3 } as const;
  await train({ ...options, runId: "plain" }, { home });
  await train({ ...options, runId: "averaged", emaDecay: 0.5 }, { home });
  const losses = (id: string, split: string) => outcome(dir(id)).losses.filter((line) => line.includes(` ${split} `));
  expect(losses("averaged", "train")).toEqual(losses("plain", "train"));
  expect(losses("averaged", "validation")).not.toEqual(losses("plain", "validation"));
  using last = openSafetensors(join(dir("averaged"), "checkpoints", "step-00000009", "optimizer.safetensors"));
  using plain = openSafetensors(join(dir("plain"), "checkpoints", "step-00000009", "model.safetensors"));
  for (const name of plain.names) expect(last.tensor(`trained.${name}`).equal(plain.tensor(name))).toBe(true);
  const { model } = await loadModel(dir("averaged"));
  using saved = openSafetensors(join(dir("averaged"), "checkpoints", "step-00000009", "model.safetensors"));
  for (const [name, t] of model.params.named()) {
    expect(t.equal(saved.tensor(name))).toBe(true);
    expect(t.equal(plain.tensor(name))).toBe(false);
  }
});
