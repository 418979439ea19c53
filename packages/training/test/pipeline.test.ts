import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { matching, scratchPath, tiny, writeCorpus } from "@trainer/testing";
import { TorchError } from "@trainer/torch";
import {
  readManifest,
  resume,
  queueStep,
  train,
  type RunEvent,
  type StepProfile,
  type TrainInput,
} from "@trainer/training";
import { afterAll, beforeAll, expect, test } from "vitest";
import { outcome } from "./run-files.js";

let home = "";
let corpus = "";
beforeAll(() => {
  home = scratchPath("pipeline");
  corpus = writeCorpus(join(home, "corpus.txt"));
});
afterAll(() => rmSync(home, { recursive: true }));

const folder = (id: string) => join(home, "models", id);
const options = (runId: string): TrainInput => ({
  ...tiny,
  corpus,
  runId,
  maxSteps: 20,
  evalEvery: 8,
  checkpointEvery: 5,
  evaluate: false,
});

/** Steps as a GPU takes them, on a CPU: the device decides, and of each step what became of it is read later. */
const queued: typeof queueStep = (stepper, next, count) => ({
  ...queueStep({ ...stepper, onDevice: true }, next, count),
  done: false,
});
/** The same, read at once. */
const atOnce: typeof queueStep = (stepper, next, count) => queueStep({ ...stepper, onDevice: true }, next, count);

test("steps that are read one later end in the same weights and tell the same, in the same order", async () => {
  const run = async (id: string, queueStep: typeof queued) => {
    const events: string[] = [];
    const onEvent = (e: RunEvent) => {
      if (e.type === "step") events.push(`step ${e.step} ${e.loss} ${e.gradNorm} ${e.tokensSeen}`);
      if (e.type === "eval") events.push(`eval ${e.split} ${e.step} ${e.loss}`);
      if (e.type === "checkpoint") events.push(`checkpoint ${e.step} ${e.best}`);
    };
    const steps: number[] = [];
    const onStep = ({ step, ms }: { step: number; ms: number }) => steps.push(ms > 0 ? step : NaN);
    await train({ ...options(id), gradAccumSteps: 2, maskDocuments: true }, { home, onEvent, onStep, queueStep });
    return { events, steps, outcome: outcome(folder(id)) };
  };
  const runs = [await run("queued", queued), await run("at-once", atOnce)];
  expect(runs[0]).toEqual(runs[1]);
  expect(runs[0]?.steps).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
});

test("a run that is stopped while a step is under way goes on from that step, to the same end", async () => {
  await train(options("whole"), { home, queueStep: queued });
  const stop = new AbortController();
  const steps: number[] = [];
  const onStep = ({ step }: { step: number }) => {
    steps.push(step);
    if (step === 7) stop.abort();
  };
  const cut = await train(options("cut"), { home, signal: stop.signal, onStep, queueStep: queued });
  expect(cut).toMatchObject({ status: "interrupted", steps: 8 }); // the one that was under way is kept
  expect(steps).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  await resume("cut", { home, queueStep: queued });
  expect(outcome(folder("cut"))).toEqual(outcome(folder("whole")));
});

test("a loss that is no number fails the run at its step, and nothing is saved after it", async () => {
  let calls = 0;
  const broken: typeof queueStep = (stepper, next, count) => {
    calls += 1;
    if (calls === 5) stepper.params.at(-1)?.detach().fill_(NaN);
    return queued(stepper, next, count);
  };
  const seen: number[] = [];
  const onStep = ({ step }: { step: number }) => seen.push(step);
  await expect(
    train({ ...options("broken"), checkpointEvery: 3 }, { home, onStep, queueStep: broken }),
  ).rejects.toMatchObject({
    code: "TRAINING_NAN_LOSS",
    message: matching(/^step 5: the loss became NaN.*the last good checkpoint is step-00000003$/),
  });
  expect(calls).toBe(6); // another one was queued by then
  expect(seen).toEqual([1, 2, 3, 4]);
});

test("a step that cannot be queued fails after the one before it is told", async () => {
  let calls = 0;
  const full: typeof queueStep = (stepper, next, count) => {
    calls += 1;
    if (calls === 4) throw new TorchError("OUT_OF_MEMORY", "CUDA out of memory.");
    return queued(stepper, next, count);
  };
  const seen: number[] = [];
  const onStep = ({ step }: { step: number }) => seen.push(step);
  const error = { code: "TRAINING_OOM", message: matching(/^step 4: batches of 8 do not fit/) };
  await expect(train(options("full"), { home, onStep, queueStep: full })).rejects.toMatchObject(error);
  expect(seen).toEqual([1, 2, 3]);
});

test("a validation that does not fit fails with its step and the batch size to try", async () => {
  const full: typeof queueStep = (stepper, next, count) => {
    const step = queued(stepper, next, count);
    const hidden = () => {
      throw new TorchError("OUT_OF_MEMORY", "CUDA out of memory.");
    };
    Object.assign(stepper.model, { hidden });
    return step;
  };
  const error = { code: "TRAINING_OOM", message: matching(/^step 1: batches of 8 do not fit/) };
  await expect(train({ ...options("unfit"), evalEvery: 1 }, { home, queueStep: full })).rejects.toMatchObject(error);
});

test("what is profiled is one step alone", async () => {
  const profiles: StepProfile[] = [];
  const onEvent = (e: RunEvent) => e.type === "profile" && profiles.push(e.profile);
  await train(options("profiled"), { home, onEvent, profileSteps: 2, queueStep: queued });
  expect(profiles).toMatchObject([{ steps: 2 }]);
});

test("a model that does not fit fails with what needs less, before its first step", async () => {
  const modelConfig = { ...tiny.modelConfig, nEmbd: 2 ** 18 };
  await expect(train({ ...options("huge"), modelConfig }, { home })).rejects.toMatchObject({
    code: "TRAINING_OOM",
    failureClass: "USER_INPUT",
    message: matching(/^a model of \d+ parameters takes .* ask for a smaller model or vocabulary/),
  });
  expect(await readManifest(join(folder("huge"), "manifest.json"))).toMatchObject({ error_code: "TRAINING_OOM" });
});

test("steps that fp16 skipped are counted, also over an interruption", async () => {
  let calls = 0;
  const skipping: typeof queueStep = (stepper, next, count) => {
    calls += 1;
    const step = queued(stepper, next, count);
    const skipped = calls === 3 || calls === 6;
    return { ...step, result: () => ({ ...step.result(), ...(skipped ? { skipped, gradNorm: Infinity } : {}) }) };
  };
  const stop = new AbortController();
  const onEvent = (e: RunEvent) => e.type === "step" && e.step === 4 && stop.abort();
  await train(options("skipping"), { home, signal: stop.signal, onEvent, queueStep: skipping });
  const events: (number | undefined)[] = [];
  const hear = (e: RunEvent) => e.type === "step" && events.push(e.skippedSteps);
  await resume("skipping", { home, onEvent: hear, queueStep: skipping });
  expect(events).toEqual([2, ...events.slice(1)]); // the sixth
  const lines = readFileSync(join(folder("skipping"), "metrics.jsonl"), "utf8").split("\n");
  const third = lines.find((line) => line.startsWith('{"step":3,'));
  expect(JSON.parse(third ?? "")).toMatchObject({ grad_norm: null, skipped_steps: 1 });
  expect(lines[0]).not.toContain("skipped_steps");
  expect(await readManifest(join(folder("skipping"), "manifest.json"))).toMatchObject({ skipped_steps: 2, steps: 20 });
});
