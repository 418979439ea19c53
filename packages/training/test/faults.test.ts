import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadModel } from "@trainer/models";
import { aString, containing, matching, scratchPath, tiny, writeCorpus } from "@trainer/testing";
import { readManifest, resume, train, type RunEvent } from "@trainer/training";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startChild } from "./children.js";
import { outcome } from "./run-files.js";
import { limited, smallDisk } from "./small-disk.js";

let home = "";
let corpus = "";
beforeAll(() => {
  home = scratchPath("faults");
  corpus = writeCorpus(join(home, "corpus.txt"));
});
afterAll(() => rmSync(home, { recursive: true }));

const manifestOf = (id: string) => readManifest(join(home, "models", id, "manifest.json"));

test("a loss that is no number ends the run as FATAL, with the step and the last good checkpoint", async () => {
  const events: RunEvent[] = [];
  const options = {
    ...tiny,
    corpus,
    runId: "nan",
    optimizer: "sgd",
    learningRate: 1e38,
    gradientClipping: 0,
    checkpointEvery: 1,
  } as const;
  await expect(
    train({ ...options, warmupSteps: 40, maxSteps: 80 }, { home, onEvent: (e) => events.push(e) }),
  ).rejects.toMatchObject({
    code: "TRAINING_NAN_LOSS",
    failureClass: "FATAL",
    message: matching(
      /^step \d+: the .* became (NaN|-?Infinity).*; the last good checkpoint is step-\d+|there is no checkpoint yet$/,
    ),
  });
  const failed = events.at(-1);
  expect(failed).toMatchObject({ type: "failed", failureClass: "FATAL", code: "TRAINING_NAN_LOSS" });
  expect(await manifestOf("nan")).toMatchObject({
    status: "failed",
    failure_class: "FATAL",
    error_code: "TRAINING_NAN_LOSS",
    error: failed?.type === "failed" ? failed.message : "",
    finished_at: aString,
  });
  expect(readFileSync(join(home, "models", "nan", "logs.jsonl"), "utf8")).toContain('"level":"ERROR"');
});

test("so does a validation loss that is no number", async () => {
  const options = {
    ...tiny,
    corpus,
    runId: "nan-val",
    optimizer: "sgd",
    learningRate: 1e30,
    gradientClipping: 0,
  } as const;
  await expect(train({ ...options, evalEvery: 1, maxSteps: 2 }, { home })).rejects.toMatchObject({
    code: "TRAINING_NAN_LOSS",
    message: matching(/^step 1: the validation loss became (NaN|Infinity); there is no checkpoint yet$/),
  });
});

test("a failure while a run is being stopped is still a failure", async () => {
  const file = writeCorpus(join(home, "away.txt"));
  const stop = new AbortController();
  const onEvent = (e: RunEvent) => {
    if (e.type !== "config") return;
    rmSync(file);
    stop.abort();
  };
  const context = { home, onEvent, signal: stop.signal };
  await expect(train({ ...tiny, corpus: file, runId: "away" }, context)).rejects.toMatchObject({
    code: "CORPUS_NOT_FOUND",
  });
  expect(await manifestOf("away")).toMatchObject({ status: "failed", failure_class: "USER_INPUT" });
});

test("a run whose folder is taken away while it trains fails, and says so though it can write nothing down", async () => {
  const events: RunEvent[] = [];
  const onEvent = (e: RunEvent) => {
    events.push(e);
    if (e.type === "step") rmSync(join(home, "models", "gone"), { recursive: true, force: true });
  };
  const options = { ...tiny, corpus, runId: "gone", maxSteps: 20, checkpointEvery: 1 };
  await expect(train(options, { home, onEvent })).rejects.toMatchObject({ name: "TrainingError" });
  expect(events.at(-1)).toMatchObject({ type: "failed", runId: "gone" });
});

test("what is wrong with a request is told before there is a run", async () => {
  const before = readdirSync(home);
  const refused = (options: object) => train({ ...tiny, corpus, ...options }, { home });
  await expect(refused({ corpus: join(home, "none.txt") })).rejects.toMatchObject({
    code: "CORPUS_NOT_FOUND",
    failureClass: "USER_INPUT",
  });
  await expect(refused({ tokenizer: "no-such-tokenizer" })).rejects.toMatchObject({ code: "TOKENIZER_NOT_FOUND" });
  await expect(refused({ pretrainedRunId: "no-such-run" })).rejects.toMatchObject({ code: "RUN_NOT_FOUND" });
  await expect(refused({ batchSize: 0 })).rejects.toMatchObject({ code: "INVALID_INPUT" });
  await expect(refused({ precision: "fp16", device: "cpu" })).rejects.toThrow("fp16 precision is not supported on CPU");
  expect(readdirSync(home)).toEqual(before);
});

test("one process trains one run at a time", async () => {
  const first = train({ ...tiny, corpus, runId: "first", maxSteps: 3 }, { home });
  const second = train({ ...tiny, corpus, runId: "second", maxSteps: 3 }, { home });
  await expect(second).rejects.toMatchObject({ code: "CONFLICT", failureClass: "USER_INPUT" });
  expect(await first).toMatchObject({ status: "completed" });
});

test("a run id is taken once", async () => {
  await train({ ...tiny, corpus, runId: "once", maxSteps: 1 }, { home });
  await expect(train({ ...tiny, corpus, runId: "once", maxSteps: 1 }, { home })).rejects.toMatchObject({
    code: "CONFLICT",
    message: containing("there is a run once already"),
  });
});

test("where nothing can be written there is no run, and the reason is told", async () => {
  writeFileSync(join(home, "file"), "");
  await expect(train({ ...tiny, corpus }, { home: join(home, "file") })).rejects.toMatchObject({
    message: containing("file is a file): choose another home"),
  });
});

test("a run that fails while it prepares is failed in its manifest too", async () => {
  const file = writeCorpus(join(home, "short.txt"), 400);
  const onEvent = (e: RunEvent) => e.type === "config" && writeFileSync(file, "changed\n");
  await expect(train({ ...tiny, corpus: file, runId: "prep" }, { home, onEvent })).rejects.toThrow(
    "too little text to split",
  );
  expect(await manifestOf("prep")).toMatchObject({ status: "failed", steps: 0 });
});

test("a file that may not grow ends the run with its checkpoints intact; with room it goes on", async () => {
  const modelConfig = { nEmbd: 8, nLayer: 1, nHead: 1 };
  const options = {
    ...tiny,
    corpus,
    modelConfig,
    maxSteps: 200,
    checkpointEvery: 20,
    holdoutFraction: 0,
    testSplitRatio: 0,
  };
  await train({ ...options, runId: "roomy" }, { home });
  // More than a checkpoint's largest file, less than the metrics come to.
  const child = startChild(home, { options: { ...options, runId: "full" } }, limited(48 << 10));
  await child.ended;
  expect(child.events.at(-1)).toMatchObject({ type: "failed", code: "INSUFFICIENT_STORAGE" });
  await intact(join(home, "models", "full"));
  await resume("full", { home });
  expect(outcome(join(home, "models", "full"))).toEqual(outcome(join(home, "models", "roomy")));
});

test("a full disk ends the run with its checkpoints intact; with room it goes on", async (context) => {
  const disk = join(home, "models", "disk");
  mkdirSync(disk, { recursive: true });
  context.skip(!smallDisk(disk, "size=1m"), "a small disk cannot be mounted here");
  try {
    const options = {
      ...tiny,
      corpus,
      maxSteps: 60,
      checkpointEvery: 5,
      holdoutFraction: 0,
      testSplitRatio: 0,
      keepCheckpoints: 12,
    };
    const events: RunEvent[] = [];
    const at = { home: disk, onEvent: (e: RunEvent) => events.push(e) };
    await expect(train({ ...options, runId: "full" }, at)).rejects.toMatchObject({
      code: "INSUFFICIENT_STORAGE",
      failureClass: "FATAL",
      message: containing("free some space, then resume"),
    });
    await intact(join(disk, "models", "full"));
    smallDisk(disk, "remount,size=8m");
    await resume("full", { home: disk });
    await train({ ...options, runId: "roomy" }, { home: disk });
    expect(outcome(join(disk, "models", "full"))).toEqual(outcome(join(disk, "models", "roomy")));
  } finally {
    execFileSync("umount", [disk]);
  }
});

/**
 * Files of a run that could not write any more: its manifest has the failure, and its weights and checkpoints are
 * whole.
 */
async function intact(run: string): Promise<void> {
  expect(await readManifest(join(run, "manifest.json"))).toMatchObject({
    status: "failed",
    error_code: "INSUFFICIENT_STORAGE",
  });
  await loadModel(run);
  expect(readdirSync(join(run, "checkpoints")).every((name) => name.startsWith("step-"))).toBe(true);
}
