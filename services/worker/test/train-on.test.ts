import { cpSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { jobData, NewEnd, RunId, storedRequest, type TrainerEvent } from "@trainer/platform";
import type { RunRecord } from "@trainer/platform/redis";
import { containing } from "@trainer/testing";
import { listen, request, startSystem, USER, type System } from "@trainer/testing/system";
import { end as endProcess, startWorkerProcess } from "@trainer/testing/worker-process";
import { readManifest, resume, runFolder, train } from "@trainer/training";
import { RequestStore } from "@trainer/training/files";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { trainOptions } from "../src/child/train-options.js";
import type { Worker } from "../src/start.js";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

const KEPT = { cleanup: { enabled: false } };
const HALF = { max_steps: 10, early_stopping_patience: 100 };

let system: System;
let worker: Worker;
let first: RunRecord;
beforeAll(async () => {
  system = await startSystem();
  worker = await system.startWorker(KEPT, { pace: { cancel: 50 } });
  await system.train("first", HALF);
  first = await system.ended("first");
});
afterAll(async () => {
  await worker.stop();
  await system[Symbol.asyncDispose]();
});

const manifestOf = (runId: string, home = system.root) => readManifest(runFolder(home, runId).manifest);
const endOf = (id: string, fields: object) =>
  NewEnd.parse({ max_steps: null, num_epochs: null, seconds: null, completed: true, id, ...fields });
const failedIn = (events: readonly TrainerEvent[]) => events.filter(({ type }) => type === "trainer.job.failed.v1");

/** Has a run trained on as the API does. */
async function trainOn(runId: string, fields: object) {
  const end = endOf(`job-${Math.random()}`, fields);
  await system.runs.requeue(runId, "waits for a worker to go on", end);
  const data = { run_id: RunId.parse(runId), user_id: USER, request: request(HALF), end };
  await system.queues.trainer.add("train", jobData(data), { jobId: end.id });
  return end;
}

/** A completed run of ten steps, and what is known of it. */
async function completed(runId: string) {
  cpSync(runFolder(system.root, "first").path, runFolder(system.root, runId).path, { recursive: true });
  const manifest = await manifestOf("first");
  writeFileSync(runFolder(system.root, runId).manifest, JSON.stringify({ ...manifest, run_id: runId }));
  await system.runs.restore({ ...first, runId });
}

test("a completed run is trained on to what a command line trains it to, and is archived anew", async () => {
  await completed("on");
  const { artifactFileId: before } = (await system.runs.get("on")) ?? {};
  const { id } = await trainOn("on", { max_steps: 24 });
  const record = await system.ended("on");
  expect(record).toMatchObject({ status: "completed", error: null, training: { step: 24, total_steps: 24 } });
  expect(record.artifactFileId).not.toBe(before);
  const found = await manifestOf("on");
  expect(found).toMatchObject({ status: "completed", end_id: id, artifact_file_id: record.artifactFileId });
  expect(found?.parts.map(({ until_step: step }) => step)).toEqual([10]);

  const home = join(system.root, "home");
  const corpus = join(system.root, "corpus", "corpus.txt");
  const tokenizer = join(system.root, "tokenizers", "tok-test");
  const asked = trainOptions(request(HALF), { runId: "on", userId: String(USER), corpus, threads: 1 });
  await train({ ...asked, tokenizer }, { home });
  await resume("on", { home }, { maxSteps: 24 });
  const here = await manifestOf("on", home);
  const figures = ["loss", "best_val_loss", "best_step", "test_loss", "ends", "tokens_seen"] as const;
  for (const figure of figures) expect(found?.[figure]).toEqual(here?.[figure]);
  expect(here?.end_id).toBeNull();
});

test("one that has the end already, or is to be trained for a time, is not trained on twice by one request", async () => {
  await completed("timed");
  const asked = await trainOn("timed", { seconds: 2 });
  await system.ended("timed");
  const { steps = 0, ends } = (await manifestOf("timed")) ?? {};
  expect(steps).toBeGreaterThan(10);
  await system.runs.set("timed", { status: "queued" }); // as where its worker was killed after it had trained it
  const data = { run_id: RunId.parse("timed"), user_id: USER, request: request(HALF), end: asked };
  await system.add("trainer", "train", data);
  expect(await system.ended("timed")).toMatchObject({ status: "completed", training: { step: steps } });
  expect(await manifestOf("timed")).toMatchObject({ steps, ends });
  await trainOn("timed", { max_steps: steps });
  expect(await system.ended("timed")).toMatchObject({ status: "completed", error: null, training: { step: steps } });
});

test("an end that the run is beyond, found by its worker, leaves it completed, and its record says why", async () => {
  await completed("beyond");
  const before = await manifestOf("beyond");
  using events = await listen(system.redisServer.url, "beyond");
  await trainOn("beyond", { max_steps: 4 });
  expect(await system.ended("beyond")).toMatchObject({
    status: "completed",
    progress: 100,
    message: "Training completed",
    error: "the run cannot be trained on: it has done 10 steps already, and was to end after 4: ask for more",
  });
  await events.until(({ type }) => type === "trainer.job.failed.v1");
  expect(failedIn(events.own)).toMatchObject([{ error_kind: "user", message: containing("ask for more") }]);
  expect(await manifestOf("beyond")).toEqual(before);
  await vi.waitFor(async () => expect(await new RequestStore(system.root, storedRequest).read("beyond")).toBeNull());
});

test("a run that is stopped before a worker has begun to train it on is completed, as it was", async () => {
  await completed("waiting");
  await system.train("ahead", { num_epochs: 100_000, early_stopping_patience: 100_000 });
  await system.until("ahead", ({ training }) => training !== null);
  using events = await listen(system.redisServer.url, "waiting");
  await trainOn("waiting", { max_steps: 50 });
  await system.runs.requestCancel("waiting");
  const ended = await system.ended("waiting");
  expect(ended).toMatchObject({ status: "completed", error: "Training cancelled", training: { step: 10 } });
  await events.until(({ type }) => type === "trainer.job.failed.v1");
  expect(failedIn(events.own)).toMatchObject([{ error_kind: "system", message: "Training cancelled" }]);
  expect(await manifestOf("waiting")).toMatchObject({ status: "completed", steps: 10, end_id: null });
  await system.runs.requestCancel("ahead");
  await system.ended("ahead");
});

test("one that is stopped on its way has failed, and goes on to the new end", async () => {
  await completed("stopped");
  await trainOn("stopped", { max_steps: 3000 });
  await system.until("stopped", ({ training }) => (training?.step ?? 0) > 20);
  await system.runs.requestCancel("stopped");
  expect(await system.ended("stopped")).toMatchObject({ status: "failed", message: "Training cancelled" });
  await vi.waitFor(async () => expect(await manifestOf("stopped")).toMatchObject({ status: "failed" }));
  const { steps = 0 } = (await manifestOf("stopped")) ?? {};
  await trainOn("stopped", { max_steps: steps + 5, completed: false });
  expect(await system.ended("stopped")).toMatchObject({ status: "completed", training: { step: steps + 5 } });
});

test("a run whose files are in another home, or were cleaned away, is not begun anew", async () => {
  await completed("gone");
  rmSync(runFolder(system.root, "gone").path, { recursive: true });
  await trainOn("gone", { max_steps: 50 });
  const message = containing("nothing of it is in this worker's home");
  expect(await system.ended("gone")).toMatchObject({ status: "completed", error: message });
  await trainOn("gone", { max_steps: 50, completed: false });
  expect(await system.ended("gone")).toMatchObject({ status: "failed", error: message });
});

const pace = { lock: 2000, stalled: 1000, heartbeat: 500, silent: 2400, presence: 500, reconcile: 1000 };

test("where its worker is killed after it has taken it, another one trains it on to the new end", async () => {
  await completed("killed");
  await worker.stop();
  const process = await startWorkerProcess({ ...system.input, ...KEPT }, { pace });
  await trainOn("killed", { max_steps: 400 });
  await system.until("killed", ({ training }) => (training?.step ?? 0) > 20);
  await endProcess(process, "SIGKILL");
  worker = await system.startWorker(KEPT, { pace: { ...pace, cancel: 50 } });
  expect(await system.ended("killed")).toMatchObject({ status: "completed", training: { step: 400 } });
  const { parts, resumed_from: from } = (await manifestOf("killed")) ?? {};
  expect([parts?.length, from?.length]).toEqual([1, 2]);
});

test("a Redis that has lost its data finds the new end on the disk", async () => {
  await completed("forgotten");
  await worker.stop();
  const store = new RequestStore(system.root, storedRequest);
  const about = { userId: USER, createdAt: "2026-01-02T03:04:05", request: request(HALF) };
  await store.keep("forgotten", { ...about, end: endOf("lost", { max_steps: 30 }) }); // as the API does before it is queued
  await system.redis.flushall();
  worker = await system.startWorker(KEPT, { pace: { ...pace, cancel: 50 } });
  const found = await system.until("forgotten", ({ status }) => status === "completed");
  expect(found).toMatchObject({ training: { step: 30 } });
  expect(await manifestOf("forgotten")).toMatchObject({ end_id: "lost" });
});
