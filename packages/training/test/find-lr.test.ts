import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { scratchPath, tiny, writeCorpus } from "@trainer/testing";
import { findLr, foundLrFields, train, type RangePoint, type RunEvent } from "@trainer/training";
import { afterAll, beforeAll, expect, test } from "vitest";
import { TrainingError } from "../src/errors.js";
import { lossOf } from "../src/lr-range/find-lr.js";

let home = "";
let corpus = "";
beforeAll(() => {
  home = scratchPath("find-lr");
  corpus = writeCorpus(join(home, "corpus.txt"));
});
afterAll(() => rmSync(home, { recursive: true }));

const range = { minLr: 1e-4, maxLr: 1, steps: 30 };

test("its steps are those of a run with these options, its rates rise, and no run is made", async () => {
  const losses: number[] = [];
  await train(
    { ...tiny, corpus, runId: "real", maxSteps: 1, evaluate: false },
    { home, onStep: ({ loss }) => losses.push(loss) },
  );
  const told: RangePoint[] = [];
  const events: RunEvent[] = [];
  const onPoint = (point: RangePoint) => told.push(point);
  const found = await findLr({ ...tiny, corpus }, { home, range, onPoint, onEvent: (e) => events.push(e) });
  expect(found.points[0]?.loss).toBe(losses[0]); // to the bit
  expect(told).toEqual(found.points);
  expect(found).toMatchObject({ batchSize: 8, maxSeqLen: 16, device: "cpu", precision: "fp32" });
  expect(found.learningRate).toBeGreaterThan(1e-3);
  expect(found.learningRate).toBeLessThan(0.2);
  expect(events.map(({ type }) => type)).toContain("tokenizer");
  expect(readdirSync(join(home, "models"))).toEqual(["real"]);
  const again = await findLr({ ...tiny, corpus }, { home, range });
  expect(again).toEqual(found);
  expect(foundLrFields(found)).toMatchObject({
    learning_rate: found.learningRate,
    batch_size: 8,
    points: found.points.map(({ step, lr, loss, smoothedLoss }) => ({ step, lr, loss, smoothed_loss: smoothedLoss })),
  });
});

test("a test whose rate is far too high ends where the loss diverges", async () => {
  const found = await findLr({ ...tiny, corpus }, { home, range: { minLr: 1e-3, maxLr: 1e30, steps: 20 } });
  expect(found.points.length).toBeLessThan(20);
  expect(found.learningRate).toBeLessThan(1e6);
});

test("a run that starts from another's weights is held to its cap, with an adapter, and a batch that is looked for", async () => {
  const { batchSize: _size, ...model } = tiny;
  const tuned = {
    ...model,
    corpus,
    pretrainedRunId: "real",
    loraRank: 2,
    batchSize: "auto",
    maskDocuments: true,
  } as const;
  const found = await findLr(tuned, { home, range: { ...range, steps: 3 } });
  expect(found.learningRate).toBeLessThanOrEqual(5e-5);
  expect(found.batchSize).toBeGreaterThan(8);
  expect(readdirSync(join(home, "models"))).toEqual(["real"]);
});

test("it stops when it is told to, and refuses what a run would", async () => {
  const stop = new AbortController();
  const reason = new Error("enough");
  const stopped = findLr({ ...tiny, corpus }, { home, signal: stop.signal, onPoint: () => stop.abort(reason) });
  await expect(stopped).rejects.toBe(reason);
  const nowhere = findLr({ ...tiny, corpus: join(home, "none.txt") }, { home });
  await expect(nowhere).rejects.toMatchObject({ code: "CORPUS_NOT_FOUND" });
});

test("a loss that is no number is infinite, any other failure is one", () => {
  const failing = (code: "TRAINING_NAN_LOSS" | "TRAINING_OOM") => () => {
    throw new TrainingError(code, "it went wrong");
  };
  expect(lossOf(() => 3)).toBe(3);
  expect(lossOf(failing("TRAINING_NAN_LOSS"))).toBe(Infinity);
  expect(() => lossOf(failing("TRAINING_OOM"))).toThrow("it went wrong");
});
