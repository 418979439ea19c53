import type { RunEvent, RunResult } from "@trainer/training";

type Of<Type extends RunEvent["type"]> = Extract<RunEvent, { type: Type }>;

export const configEvent = {
  type: "config",
  runId: "r1",
  path: "/runs/models/r1",
  modelFamily: "gpt2",
  modelSize: "tiny",
  device: "cpu",
  precision: "fp32",
  threads: 2,
  batchSize: 4,
  maxSeqLen: 64,
  learningRate: 5e-4,
  seed: 42,
  fromStep: 0,
} as const satisfies Of<"config">;

export const startEvent = {
  type: "start",
  parameters: 4_300_000,
  trainableParameters: 4_300_000,
  totalSteps: 1500,
  stepsPerEpoch: 500,
  epochs: 3,
} as const satisfies Of<"start">;

export const dataEvent = (phase: "hash" | "split" | "encode", bytes: number, totalBytes: number) =>
  ({ type: "data", phase, bytes, totalBytes, tokens: 0, tokensPerSec: 0 }) as const;

export const openEvent = (looked: number, files: number) => ({ type: "data", phase: "open", looked, files }) as const;

export const stepEvent = (step: number, loss: number): Of<"step"> => ({
  type: "step",
  step,
  totalSteps: 1500,
  epoch: 0,
  epochs: 3,
  loss,
  ppl: Math.exp(loss),
  lr: 5e-4,
  gradNorm: 0.8312,
  tokensSeen: step * 256,
  tokensPerSec: 12_345,
  samplesPerSec: 12,
  stepMs: 82.6,
  etaSeconds: 80,
  rssBytes: 600 * 1024 ** 2,
  gpuPeakBytes: undefined,
});

export const sampleEvent = (step: number, output: string): Of<"sample"> => ({
  type: "sample",
  step,
  samples: [
    {
      prompt: "",
      output,
      seed: 42,
      steps: 64,
      finish_reason: "length",
      max_new_tokens: 64,
      temperature: 0.8,
      top_k: 50,
      top_p: 0.95,
    },
  ],
  seconds: 0.2,
});

export const evalEvent = (step: number, loss: number, best: boolean): Of<"eval"> => ({
  type: "eval",
  split: "validation",
  step,
  epoch: 0,
  tokensSeen: step * 256,
  loss,
  ppl: Math.exp(loss),
  bitsPerByte: loss / 2,
  best,
  seconds: 1.5,
});

export const result: RunResult = {
  runId: "r1",
  path: "/runs/models/r1",
  status: "completed",
  steps: 1500,
  epochs: 3,
  earlyStopped: false,
  trainLoss: 3.9,
  bestValLoss: 4.1,
  bestStep: 1400,
  bestValFigures: null,
  testFigures: null,
  testLoss: 4.2,
  testPerplexity: 66.7,
  testBitsPerByte: 2.1,
  testStep: 1400,
  splits: null,
  specialTokens: 0,
  tokenizerLoss: null,
  verdict: [],
  tokensSeen: 384_000,
  gpuPeakBytes: null,
  leftOut: null,
  isAdapter: false,
  seconds: 187,
};
