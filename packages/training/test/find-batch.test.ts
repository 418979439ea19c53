import { availableParallelism } from "node:os";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { scratchPath, tiny, writeCorpus } from "@trainer/testing";
import { findBatch, readManifest, resume, train, type RunEvent } from "@trainer/training";
import { afterAll, beforeAll, expect, test } from "vitest";

let home = "";
let corpus = "";
beforeAll(() => {
  home = scratchPath("find-batch");
  corpus = writeCorpus(join(home, "corpus.txt"));
});
afterAll(() => rmSync(home, { recursive: true }));

const { batchSize: _size, ...model } = tiny;
const few = { maxBatchSize: 2 };

test("the batch size auto is found once, and a resumed run has the same", async () => {
  const events: RunEvent[] = [];
  const stop = new AbortController();
  const onEvent = (e: RunEvent) => {
    events.push(e);
    if (e.type === "step" && e.step === 1) stop.abort();
  };
  await train(
    { ...model, corpus, runId: "auto", batchSize: "auto", maxSteps: 3 },
    { home, onEvent, signal: stop.signal },
  );
  const found = events.find((e) => e.type === "batch");
  const path = join(home, "models", "auto", "manifest.json");
  expect(found?.batchSize).toBeGreaterThan(8);
  expect(await readManifest(path)).toMatchObject({ batch_size: found?.batchSize, config: { batch_size: "auto" } });
  const again: RunEvent[] = [];
  await resume("auto", { home, onEvent: (e) => again.push(e) });
  expect(again.find((e) => e.type === "config")).toMatchObject({ batchSize: found?.batchSize });
  expect(again.filter((e) => e.type === "batch")).toEqual([]);
  expect(readFileSync(join(home, "models", "auto", "logs.jsonl"), "utf8")).toContain("batch size found");
});

test("with the batch size goes the number of threads that is fastest, unless one is asked for", async () => {
  const run = async (runId: string, threads: number) => {
    await train({ ...model, threads, corpus, runId, batchSize: "auto", maxSteps: 1 }, { home });
    return readManifest(join(home, "models", runId, "manifest.json"));
  };
  expect((await run("one-thread", 1))?.threads).toBe(1);
  const { threads = 0 } = (await run("any-threads", 0)) ?? {};
  expect(threads).toBeGreaterThanOrEqual(1);
  expect(threads).toBeLessThanOrEqual(availableParallelism());
});

test("a search needs no text; a text, tokenizer or pretrained model says how large the vocabulary is", async () => {
  const { vocabSize: _vocabulary, ...plain } = model;
  expect(await findBatch({ ...plain }, { home, ...few })).toMatchObject({
    batchSize: 2,
    threads: 1,
    device: "cpu",
    maxSeqLen: 16,
    batches: [
      { batchSize: 1, fits: true },
      { batchSize: 2, fits: true },
    ],
    threadTrials: [],
  });
  const inRun = { pretrainedRunId: "auto", maxSeqLen: null, threads: 2, loraRank: 2 };
  const tuned = await findBatch({ ...plain, ...inRun }, { home, ...few });
  expect(tuned).toMatchObject({ maxSeqLen: 16 });
  expect(tuned.threadTrials.map(({ threads }) => threads)).toEqual([1, 2]);
  const tokenizer = (await readManifest(join(home, "models", "auto", "manifest.json")))?.tokenizer_id ?? "";
  for (const known of [
    { corpus },
    { tokenizer },
    { teacher: "auto" },
    { vocabSize: 300, maxSeqLen: null, threads: 0 },
  ]) {
    expect(await findBatch({ ...plain, ...known }, { home, maxBatchSize: 1 })).toMatchObject({ batchSize: 1 });
  }
});

test("where not even one sequence fits, that is said; a corpus that is not there too", async () => {
  await expect(findBatch({ ...model }, { home, memoryBytes: 1, onEvent: () => {} })).rejects.toMatchObject({
    code: "TRAINING_OOM",
    failureClass: "USER_INPUT",
  });
  const { vocabSize: _vocabulary, ...plain } = model;
  const nowhere = findBatch({ ...plain, corpus: join(home, "none.txt") }, { home });
  await expect(nowhere).rejects.toMatchObject({ code: "CORPUS_NOT_FOUND" });
});
