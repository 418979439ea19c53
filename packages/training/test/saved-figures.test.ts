import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { scratchPath, tiny, writeCorpus } from "@trainer/testing";
import { train, type RunEvent, type TrainInput } from "@trainer/training";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sha256 } from "./run-files.js";

let home = "";
let corpus = "";
beforeAll(() => {
  home = scratchPath("saved-figures");
  corpus = writeCorpus(join(home, "corpus.txt"));
});
afterAll(() => rmSync(home, { recursive: true }));

/** `stopAt`: the event at which the run is stopped. */
async function run(runId: string, options: Partial<TrainInput>, stopAt?: (event: RunEvent) => boolean) {
  const events: RunEvent[] = [];
  const stop = new AbortController();
  const onEvent = (event: RunEvent) => {
    events.push(event);
    if (stopAt?.(event) === true) stop.abort();
  };
  const input = { ...tiny, corpus, runId, evaluate: false, ...options };
  const result = await train(input, { home, onEvent, signal: stop.signal });
  return { result, events };
}

const fileOf = (runId: string, ...folder: string[]) => join(home, "models", runId, ...folder, "model.safetensors");
/** The hash of a run's weights, or of those of its checkpoint of a step. */
const weightsOf = (runId: string, step?: number) =>
  sha256(step === undefined ? fileOf(runId) : fileOf(runId, "checkpoints", `step-${String(step).padStart(8, "0")}`));

test("each evaluation is a line of metrics.jsonl as its event tells it, with the steps and tokens up to there", async () => {
  const { result, events } = await run("lines", { maxSteps: 12, evalEvery: 5, logEvery: 1 });
  const text = readFileSync(join(home, "models", "lines", "metrics.jsonl"), "utf8");
  const rows = text
    .trimEnd()
    .split("\n")
    .map((line): unknown => JSON.parse(line))
    .filter((row) => typeof row === "object" && row !== null && "split" in row);
  const tokensAt = new Map(events.flatMap((e) => (e.type === "step" ? [[e.step, e.tokensSeen]] : [])));
  const told = events.flatMap((e) => (e.type === "eval" ? [e] : []));
  expect(told.map(({ split, step }) => [split, step])).toEqual([
    ["validation", 5],
    ["validation", 10],
    ["validation", 12],
    ["test", 12],
  ]);
  expect(rows).toEqual(
    told.map(({ step, epoch, split, loss, ppl, bitsPerByte, weightsStep }) => ({
      step,
      epoch,
      tokens: tokensAt.get(step),
      split,
      loss,
      ppl,
      bits_per_byte: bitsPerByte,
      ...(weightsStep === undefined ? {} : { weights_step: weightsStep }),
    })),
  );
  const last = told.at(-1);
  expect(last?.weightsStep).toBe(result.bestStep === 12 ? undefined : result.bestStep);
  const heard = events.flatMap((e) => (e.type === "evaluating" ? [e] : []));
  for (const of of ["validation", "test"] as const) {
    const own = heard.filter((e) => e.of === of);
    expect(own[0]).toMatchObject({ done: 0 });
    for (const { done, batches } of own) expect(done < batches && batches > 0).toBe(true);
  }
});

test("what is told of time is in seconds, and adds up to no more than has passed", async () => {
  const began = performance.now();
  const { result, events } = await run("timed", { maxSteps: 4, evalEvery: 2 });
  const passed = (performance.now() - began) / 1000;
  const parts = events.flatMap((e) => (e.type === "eval" || e.type === "checkpoint" ? [e.seconds] : []));
  expect(parts.length).toBeGreaterThanOrEqual(5);
  for (const seconds of parts) expect(seconds).toBeGreaterThan(0);
  expect(parts.reduce((sum, seconds) => sum + seconds, 0)).toBeLessThan(passed);
  expect(result.seconds).toBeGreaterThan(0);
  expect(result.seconds).toBeLessThan(passed);
});

test("checkpoints come every so many steps, and one at the end", async () => {
  const { events } = await run("spaced", { maxSteps: 7, checkpointEvery: 3, holdoutFraction: 0 });
  expect(events.flatMap((e) => (e.type === "checkpoint" ? [e.step] : []))).toEqual([3, 6, 7]);
});

test("a run that is stopped saves itself where it stands, and takes no step more", async () => {
  const began = performance.now();
  const { result, events } = await run("cut", { maxSteps: 9 }, (e) => e.type === "step" && e.step === 4);
  const passed = (performance.now() - began) / 1000;
  expect(result).toMatchObject({ status: "interrupted", steps: 4, testLoss: null });
  expect(result.seconds > 0 && result.seconds < passed).toBe(true);
  expect(events.flatMap((e) => (e.type === "checkpoint" ? [e.step] : []))).toEqual([4]);
  expect(events.some((e) => e.type === "eval")).toBe(false);
  expect(existsSync(fileOf("cut"))).toBe(false); // none is the best yet
});

test("a run that is stopped in its last validation is interrupted, however many steps it has taken", async () => {
  const { result, events } = await run("unvalidated", { maxSteps: 4, batchSize: 1 }, (e) => e.type === "evaluating");
  expect(result).toMatchObject({ status: "interrupted", steps: 4, bestValLoss: null, testLoss: null });
  expect(events.flatMap((e) => (e.type === "checkpoint" ? [e.step] : []))).toEqual([4]);
});

test("where checkpoints are an hour apart, or none is asked for, a short run has that of its end alone", async () => {
  for (const [runId, checkpointMinutes] of [
    ["hourly", 60],
    ["unasked", 0],
  ] as const) {
    const { events } = await run(runId, { maxSteps: 5, checkpointMinutes, holdoutFraction: 0 });
    expect(events.flatMap((e) => (e.type === "checkpoint" ? [e.step] : []))).toEqual([5]);
    expect(weightsOf(runId)).toBe(weightsOf(runId, 5)); // without validation the last
  }
});

test("a run is saved where it is best and at its end, tested at its best, and not stopped early at its last step", async () => {
  const options = { learningRate: 0.05, evalEvery: 5, earlyStoppingPatience: 2, lrSchedule: "constant" } as const;
  const stopped = await run("stopped", { ...options, numEpochs: 50 });
  expect(stopped.result.earlyStopped).toBe(true);
  const { bestStep, steps } = stopped.result;
  const told = stopped.events.flatMap((e) => (e.type === "eval" ? [e] : []));
  const saved = stopped.events.flatMap((e) => (e.type === "checkpoint" ? [{ step: e.step, best: e.best }] : []));
  const best = told.filter((e) => e.split === "validation" && e.best).map(({ step }) => step);
  expect(saved).toEqual([...best.map((step) => ({ step, best: true })), { step: steps, best: false }]);
  expect(weightsOf("stopped")).toBe(weightsOf("stopped", bestStep ?? NaN));
  expect(told.at(-1)).toMatchObject({ split: "test", step: steps, weightsStep: bestStep });
  const text = readFileSync(join(home, "models", "stopped", "metrics.jsonl"), "utf8");
  const last: unknown = JSON.parse(text.trimEnd().split("\n").at(-1) ?? "");
  expect(last).toMatchObject({ split: "test", step: steps, weights_step: bestStep });
  const whole = await run("whole", { ...options, maxSteps: stopped.result.steps });
  expect(whole.result).toMatchObject({
    steps: stopped.result.steps,
    bestStep: stopped.result.bestStep,
    earlyStopped: false,
  });
});
