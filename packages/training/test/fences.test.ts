import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { containing, scratchPath, tiny, writeCorpus } from "@trainer/testing";
import { readManifest, resume, train, type RunEvent, type StepDone } from "@trainer/training";
import { openHome, recordFailure } from "@trainer/training/files";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeCheckpoint } from "../src/checkpoint/write.js";

let home = "";
let corpus = "";
beforeAll(() => {
  home = scratchPath("fences");
  corpus = writeCorpus(join(home, "corpus.txt"));
});
afterAll(() => rmSync(home, { recursive: true }));

const file = (id: string, name: string) => join(home, "models", id, name);
const manifestOf = (id: string) => readManifest(file(id, "manifest.json"));

/** Another host's process takes the run, as one that cannot see whether this one lives. */
const takeOver = (id: string) =>
  writeFileSync(file(id, "lock.json"), JSON.stringify({ pid: 1, started: "1", host: "elsewhere", turn: 9 }));

test("every step is told, logged or not, with the last one of each epoch", async () => {
  const steps: StepDone[] = [];
  const options = { ...tiny, corpus, runId: "told", numEpochs: 2, logEvery: 1000 };
  const result = await train(options, { home, onStep: (step) => steps.push(step) });
  expect(steps.map(({ step }) => step)).toEqual(Array.from({ length: result.steps }, (_, i) => i + 1));
  expect(steps.filter(({ endsEpoch }) => endsEpoch).map(({ step, epoch }) => [step, epoch])).toEqual([
    [result.steps / 2, 0],
    [result.steps, 1],
  ]);
  expect(steps[0]).toMatchObject({ totalSteps: result.steps, epochs: 2, samples: 8 });
});

test("a run that another process has taken over writes nothing more, and may be tried again", async () => {
  const events: RunEvent[] = [];
  const before: { manifest?: string; logs?: string } = {};
  const read = (name: string) => readFileSync(file("taken", name), "utf8");
  const onStep = ({ step }: StepDone) => {
    if (step !== 3) return;
    takeOver("taken");
    Object.assign(before, { manifest: read("manifest.json"), logs: read("logs.jsonl") });
  };
  const options = { ...tiny, corpus, runId: "taken", maxSteps: 6, checkpointEvery: 2 };
  const taken = train(options, { home, fence: 1, onStep, onEvent: (event) => events.push(event) });
  await expect(taken).rejects.toMatchObject({
    code: "CONFLICT",
    failureClass: "TRANSIENT",
    message: containing("taken over by process 1 of elsewhere, since "),
  });
  expect(events.at(-1)).toMatchObject({ type: "failed", code: "CONFLICT" });
  expect({ manifest: read("manifest.json"), logs: read("logs.jsonl") }).toEqual(before);
  expect(readdirSync(file("taken", "checkpoints"))).toEqual(["step-00000002"]);
});

test("no samples are written of a run that has been taken over", async () => {
  const onStep = ({ step }: StepDone) => step === 2 && takeOver("sampled");
  const options = { ...tiny, corpus, runId: "sampled", maxSteps: 3, sampleEvery: 1 };
  await expect(train(options, { home, fence: 1, onStep })).rejects.toMatchObject({ code: "CONFLICT" });
  expect(readFileSync(file("sampled", "samples.jsonl"), "utf8")).not.toContain('"step":2');
});

test("the one whose fence is later goes on with a run that another host has not given back", async () => {
  takeOver("taken");
  await expect(resume("taken", { home, fence: 9 })).rejects.toMatchObject({
    code: "CONFLICT",
    failureClass: "USER_INPUT",
  });
  expect(await resume("taken", { home, fence: 10 })).toMatchObject({ status: "completed", steps: 6 });
});

test("a lock that is gone is no licence to write", async () => {
  const onStep = () => rmSync(file("bare", "lock.json"), { force: true });
  const options = { ...tiny, corpus, runId: "bare", maxSteps: 3 };
  await expect(train(options, { home, onStep })).rejects.toThrow("taken over by another process, which has ended");
});

test("a checkpoint that must not be written at its last moment leaves nothing", async () => {
  const dir = join(home, "refused");
  const content = { step: 1, model: new Map(), optimizer: new Map(), state: {} };
  const refuse = () => {
    throw new Error("another's");
  };
  await expect(writeCheckpoint(dir, content, refuse)).rejects.toThrow("another's");
  expect(readdirSync(dir)).toEqual([]);
});

test.each([
  ["a manifest of the time it was queued", '{"run_id":"queued","created_at":1}'],
  ["none, having been killed before it was written", null],
])("a run begins in a folder that is there already with %s", async (_, manifest) => {
  mkdirSync(join(home, "models", "queued"), { recursive: true });
  if (manifest !== null) writeFileSync(file("queued", "manifest.json"), manifest);
  expect(await train({ ...tiny, corpus, runId: "queued", maxSteps: 1 }, { home })).toMatchObject({ steps: 1 });
  rmSync(join(home, "models", "queued"), { recursive: true });
});

test("a failure that the run could not tell itself is in its manifest, unless it has none yet", async () => {
  const failure = { code: "JOB_FAILED", failureClass: "FATAL", message: "killed by SIGSEGV" } as const;
  const before = await manifestOf("told");
  const cutOff = { ...before, status: "running", finished_at: null };
  writeFileSync(file("told", "manifest.json"), JSON.stringify(cutOff));
  const at = new Date().toISOString();
  await recordFailure(openHome(home), "told", failure);
  const finished = (await manifestOf("told"))?.finished_at;
  expect(String(finished) >= at).toBe(true);
  await recordFailure(openHome(home), "told", failure);
  expect(await manifestOf("told")).toMatchObject({
    finished_at: finished,
    status: "failed",
    failure_class: "FATAL",
    error_code: "JOB_FAILED",
    error: "killed by SIGSEGV",
  });
  mkdirSync(join(home, "models", "unbegun"), { recursive: true });
  await recordFailure(openHome(home), "unbegun", failure);
  await recordFailure(openHome(home), "nowhere", failure);
  expect(readdirSync(join(home, "models", "unbegun"))).toEqual([]);
});
