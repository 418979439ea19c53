import { mkdir, readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { z } from "zod";
import { splitCount } from "../../test/split-count.js";
import { TrainingError } from "../errors.js";
import { temporaryFolder } from "../home/temporary-folder.js";
import type { RunEvent } from "./events.js";
import type { LogRecord } from "./logs.js";
import { Reporter } from "./reporter.js";
import { runFolder } from "../home/run-folder.js";

/** Results of events: the lines of the log without common fields, and a listener's events. */
async function reported(events: readonly RunEvent[], assertOwned = () => {}) {
  await using home = await temporaryFolder();
  const folder = runFolder(home.path, "r");
  await mkdir(folder.path, { recursive: true });
  const heard: RunEvent[] = [];
  const records: LogRecord[] = [];
  const context = {
    onEvent: (event: RunEvent) => heard.push(event),
    onLog: (record: LogRecord) => records.push(record),
  };
  const reporter = new Reporter(folder, context, assertOwned);
  for (const event of events) reporter.emit(event);
  const text = await readFile(folder.logs, "utf8").catch(() => "");
  const lines = text.split("\n").filter(Boolean);
  const Line = z.looseObject({
    timestamp: z.string(),
    logger: z.string(),
    service: z.string(),
    instance_id: z.string(),
  });
  expect(records).toHaveLength(lines.length);
  const log = lines.map((line) => {
    const { timestamp: _1, logger: _2, service: _3, instance_id: _4, ...own } = Line.parse(JSON.parse(line));
    const { level, message, fields } = records.shift() ?? {};
    expect({ level, message, run_id: "r", ...fields }).toEqual(own); // listeners get the same
    return own;
  });
  return { log, heard };
}

const failed: RunEvent & { readonly type: "failed" } = {
  type: "failed",
  runId: "r",
  code: "TRAINING_NAN_LOSS",
  failureClass: "FATAL",
  message: "the loss became NaN",
  error: new TrainingError("TRAINING_NAN_LOSS", "the loss became NaN"),
};

test("what a run tells is in its log, a line each, by the names of the fields that log readers know", async () => {
  const config = {
    type: "config",
    runId: "r",
    path: "/r",
    modelFamily: "gpt2",
    modelSize: "tiny",
    device: "cpu",
    precision: "fp32",
    threads: 1,
    batchSize: 8,
    maxSeqLen: 16,
    learningRate: 0.1,
    seed: 1,
  } as const;
  const counts = { train: splitCount(90), validation: splitCount(5), test: splitCount(5) };
  const step = { step: 10, totalSteps: 40, epoch: 0, epochs: 2, loss: 2, ppl: 7.4, lr: 0.1, gradNorm: 0.5 };
  const pace = { tokensSeen: 160, tokensPerSec: 300, samplesPerSec: 20, stepMs: 5, etaSeconds: 1, rssBytes: 1 };
  const evaluated = {
    type: "eval",
    step: 20,
    epoch: 0,
    tokensSeen: 320,
    loss: 1.5,
    ppl: 4.5,
    best: true,
    seconds: 1,
  } as const;
  const { log } = await reported([
    { ...config, fromStep: 0 },
    { ...config, fromStep: 7 },
    { type: "tokenizer", phase: "ready", progress: 1, tokenizerId: "bpe-1", vocabSize: 300 },
    { type: "data", phase: "ready", counts, cached: false, specialTokens: 0 },
    { type: "batch", batchSize: 12 },
    { type: "start", parameters: 123, trainableParameters: 123, totalSteps: 40, stepsPerEpoch: 20, epochs: 2 },
    { type: "step", ...step, ...pace, gpuPeakBytes: undefined },
    { ...evaluated, split: "validation", bitsPerByte: 2.5 },
    { ...evaluated, split: "test", bitsPerByte: null },
    { type: "checkpoint", step: 20, path: "/r/c", bytes: 99, best: true, seconds: 1 },
    { type: "sample", step: 20, samples: [], seconds: 0.5 },
    { type: "warning", message: "hot" },
    failed,
  ]);
  const info = { level: "INFO", run_id: "r" };
  const model = { model_family: "gpt2", model_size: "tiny" };
  const losses = { steps: 20, loss: 1.5, perplexity: 4.5 };
  expect(log).toEqual([
    { ...info, event: "run_config", message: "run started", ...model },
    { ...info, event: "run_config", message: "run resumed from step 7", ...model },
    { ...info, event: "run_tokenizer", message: "tokenizer ready", tokenizer_id: "bpe-1" },
    { ...info, event: "run_data", message: "data ready", size: 90 },
    { ...info, event: "run_batch", message: "batch size found", size: 12 },
    { ...info, event: "run_start", message: "training 123 parameters for 40 steps", steps: 40 },
    {
      ...info,
      event: "run_step",
      message: "step",
      steps: 10,
      loss: 2,
      perplexity: 7.4,
      lr: 0.1,
      grad_norm: 0.5,
      tokens_per_sec: 300,
    },
    { ...info, event: "run_eval", message: "validation evaluated", split: "validation", ...losses, bits_per_byte: 2.5 },
    { ...info, event: "run_eval", message: "test evaluated", split: "test", ...losses },
    { ...info, event: "run_checkpoint", message: "checkpoint saved", steps: 20, path: "/r/c", size: 99 },
    { ...info, event: "run_sample", message: "samples written", steps: 20, elapsed_seconds: 0.5 },
    { ...info, level: "WARNING", event: "run_warning", message: "hot" },
    {
      ...info,
      level: "ERROR",
      event: "run_failed",
      message: "the loss became NaN",
      error_code: "TRAINING_NAN_LOSS",
      reason: "FATAL",
      status: "failed",
    },
  ]);
});

test("progress is for who listens alone, and no line of the log", async () => {
  const progress: RunEvent[] = [
    { type: "tokenizer", phase: "merge", progress: 0.5, tokenizerId: "bpe-1", vocabSize: null },
    { type: "data", phase: "open", looked: 1, files: 2 },
    { type: "data", phase: "encode", bytes: 1, totalBytes: 2, tokens: 3, tokensPerSec: 4 },
    { type: "evaluating", of: "test", done: 1, batches: 2 },
  ];
  let checks = 0;
  expect(await reported(progress, () => (checks += 1))).toEqual({ log: [], heard: progress });
  expect(checks).toBe(0); // who may not write any more may still be heard
});

test("a run that has become another's writes nothing, and still tells that it failed", async () => {
  const taken = () => {
    throw new Error("taken over");
  };
  await expect(reported([{ type: "warning", message: "hot" }], taken)).rejects.toThrow("taken over");
  await using home = await temporaryFolder();
  const heard: RunEvent[] = [];
  const context = { onEvent: (event: RunEvent) => heard.push(event) };
  new Reporter(runFolder(home.path, "r"), context, taken).fail(failed);
  new Reporter(runFolder(home.path, "none"), context, () => {}).fail(failed); // there is no folder
  expect(heard).toEqual([failed, failed]);
});
