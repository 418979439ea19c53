import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { keys, storedRequest } from "@trainer/platform";
import { request, startSystem, USER, type System } from "@trainer/testing/system";
import { readManifest } from "@trainer/training";
import { RequestStore } from "@trainer/training/files";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { runOf } from "../src/runs/cancel-queued.js";
import { pace } from "./scripted.js";

let system: System;
beforeAll(async () => void (system = await startSystem()));
afterAll(() => system[Symbol.asyncDispose]());

test("what is no training, or carries none, waits for no run", async () => {
  const { trainer } = system.queues;
  expect(runOf(undefined)).toBeNull();
  expect(runOf(await trainer.add("tokenizer", {}, { delay: 1e9 }))).toBeNull();
  expect(runOf(await trainer.add("train", { run_id: 5 }, { delay: 1e9 }))).toBeNull();
});

test("a run that has ended is not queued for want of the word that says so", async () => {
  await using other = await startSystem();
  await other.runs.create("over", USER, request());
  await other.runs.set("over", { status: "completed" });
  await other.redis.del(keys.status("over"));
  await using _worker = await other.startWorker({}, { pace: { ...pace, silent: 0 } });
  expect(await other.queues.trainer.getJobCountByTypes("waiting", "active", "delayed")).toBe(0);
  expect(await other.runs.get("over")).toMatchObject({ status: "completed" });
});

test("of what lies in the home the runs of services are put back, as their manifests say, and nobody else's", async () => {
  await using other = await startSystem();
  {
    await using _worker = await other.startWorker({ cleanup: { enabled: false } }, { pace });
    const runIds = ["whole", "ended", "own", "torn", "cancelled", "unfinished"];
    for (const runId of runIds) await other.train(runId, { num_epochs: 1 });
    for (const runId of runIds) await other.ended(runId);
    await vi.waitUntil(async () => (await other.queues.trainer.getJobCounts("active"))["active"] === 0);
  }
  const path = (runId: string, name: string) => join(other.root, "models", runId, name);
  const change = async (runId: string, fields: object) =>
    writeFileSync(
      path(runId, "manifest.json"),
      JSON.stringify({ ...(await readManifest(path(runId, "manifest.json"))), ...fields }),
    );
  await change("ended", { status: "failed", error: "out of luck", error_code: "JOB_FAILED" });
  await change("own", { artifact_file_id: null });
  await change("cancelled", { status: "failed", error: "Training cancelled", artifact_file_id: null, requested: true });
  await change("unfinished", { status: "running", finished_at: null, artifact_file_id: null, requested: true });
  writeFileSync(path("torn", "manifest.json"), "{");
  mkdirSync(join(other.root, "archived"), { recursive: true });
  writeFileSync(join(other.root, "archived", "shred.json"), "{");
  mkdirSync(join(other.root, "models", "empty"));
  const createdAt = "2026-01-02T03:04:05.678";
  await new RequestStore(other.root, storedRequest).keep("waiting", {
    userId: USER,
    createdAt,
    request: request({ num_epochs: 1 }),
  });
  await other.redis.flushall();
  await using _worker = await other.startWorker({}, { pace });
  const begun = (await readManifest(path("unfinished", "manifest.json")))?.started_at.replace("Z", "");
  expect(await other.runs.get("unfinished")).toMatchObject({ status: "queued", createdAt: begun, updatedAt: begun });
  expect(await other.runs.get("whole")).toMatchObject({ status: "completed", request: null });
  expect(await other.runs.get("ended")).toMatchObject({ status: "failed", error: "out of luck", userId: USER });
  expect(await other.runs.get("cancelled")).toMatchObject({
    status: "failed",
    message: "Training cancelled",
    progress: 99,
  });
  expect(await other.ended("waiting")).toMatchObject({ status: "completed", userId: USER, createdAt });
  for (const runId of ["own", "torn", "shred", "empty"]) expect(await other.runs.get(runId)).toBeNull();
});
