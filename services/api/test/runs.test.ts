import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { keys, TrainRequest } from "@trainer/platform";
import { containing, matching } from "@trainer/testing";
import { startSystem, type System } from "@trainer/testing/api";
import { FileLock, runFolder } from "@trainer/training/files";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { manifest } from "./manifest.js";

let system: System;
beforeAll(async () => void (system = await startSystem()));
beforeEach(async () => void (await system.redis.flushall()));
afterAll(() => system[Symbol.asyncDispose]());

const { user_id: _, ...request } = TrainRequest.parse({ corpus_file_id: "f" });
const NOT_FOUND = { status: 404, json: { code: "RUN_NOT_FOUND", message: "run not found" } };
const resume = (runId: string) => system.ask(`/runs/${runId}/resume`, { method: "POST" });
const remove = (runId: string) => system.ask(`/runs/${runId}`, { method: "DELETE" });

/** A run's folder with its manifest. */
function folderOf(runId: string) {
  const folder = runFolder(system.root, runId);
  mkdirSync(folder.path, { recursive: true });
  writeFileSync(folder.manifest, JSON.stringify({ ...manifest, run_id: runId }));
  return folder;
}

test("a run that has failed or was stopped is queued once more, with what it was asked", async () => {
  await system.runs.create("r", 7n, request);
  await system.runs.set("r", { status: "failed", message: "Training cancelled", error: "Training cancelled" });
  await system.runs.requestCancel("r");
  await system.trainer.add("train", {}, { jobId: "r" }); // the one that failed, which is kept
  const { status, json } = await resume("r");
  expect([status, json]).toEqual([200, { run_id: "r", job_id: matching(/^[0-9a-f-]{36}$/) }]);
  expect(await system.runs.get("r")).toMatchObject({ status: "queued", error: null, message: containing("waits") });
  expect(await system.runs.isCancelled("r")).toBe(false);
  const jobs = await system.trainer.getJobs(["waiting"]);
  expect(jobs.map(({ id }) => id)).toContain("r");
  expect(jobs.find(({ id }) => id !== "r")).toMatchObject({
    name: "train",
    data: { run_id: "r", user_id: "7", request: { corpus_file_id: "f" } },
  });
});

test("a run that is not there, goes on, is completed or was asked for elsewhere is not queued", async () => {
  for (const id of ["none", "..%2fmodels"]) expect(await resume(id)).toMatchObject(NOT_FOUND);
  await system.runs.create("r", 0n, request);
  for (const [status, why] of [
    ["queued", "run r is queued already"],
    ["running", "run r is running already"],
    ["completed", "run r is completed: a new run that names it as pretrained_run_id trains it further"],
  ] as const) {
    await system.runs.set("r", { status });
    expect(await resume("r")).toMatchObject({ status: 409, json: { code: "CONFLICT", message: why } });
  }
  await system.runs.set("r", { status: "failed" });
  await system.redis.del(keys.request("r"));
  expect(await resume("r")).toMatchObject({ status: 409, json: { message: containing("asked for elsewhere") } });
  expect(await system.trainer.getWaitingCount()).toBe(0);
});

test("a run that has ended is removed, its files and all that is known of it, and whoever still has it writes no more", async () => {
  const folder = folderOf("r");
  await system.runs.create("r", 0n, request);
  const fence = await system.runs.claim("r");
  await system.runs.heartbeat("r", fence);
  for (const status of ["queued", "running"] as const) {
    await system.runs.set("r", { status });
    const refused = { status: 409, json: { message: `run r is ${status}: stop it before it is removed` } };
    expect(await remove("r")).toMatchObject(refused);
  }
  await system.runs.set("r", { status: "completed", message: "m", artifactFileId: "f00d" });
  {
    using _lock = new FileLock(folder.lock, "r");
    expect(await remove("r")).toMatchObject({ status: 409, json: { code: "CONFLICT", message: containing("in use") } });
  }
  expect(existsSync(folder.manifest)).toBe(true);
  const { status, json } = await remove("r");
  expect([status, json]).toEqual([200, { run_id: "r", bytes: JSON.stringify(manifest).length }]);
  expect(existsSync(folder.path)).toBe(false);
  await expect(system.runs.heartbeat("r", fence)).rejects.toMatchObject({ code: "CONFLICT" });
  expect((await system.redis.keys("*")).filter((key) => !key.startsWith("bull:"))).toEqual([keys.fence("r")]);
  expect(await system.redis.ttl(keys.fence("r"))).toBeGreaterThan(86_400);
  expect(await remove("r")).toMatchObject(NOT_FOUND);
  expect(await remove("..%2fmodels")).toMatchObject(NOT_FOUND);
});

test("a run whose files lie elsewhere is forgotten; one whose files the disk keeps is not", async () => {
  for (const id of ["gone", "kept"]) {
    await system.runs.create(id, 0n, request);
    await system.runs.set(id, { status: "failed" });
  }
  expect((await remove("gone")).json).toEqual({ run_id: "gone", bytes: 0 });
  folderOf("kept");
  mkdirSync(join(system.root, "archived", "kept.logs.jsonl"), { recursive: true }); // no file, as it should be
  expect(await remove("kept")).toMatchObject({ status: 500, json: { code: "INTERNAL_ERROR" } });
  expect(await system.runs.get("kept")).toMatchObject({ status: "failed" });
});

test("a run's manifest is given as it lies in its folder, or as it is kept of one that was cleaned away", async () => {
  const asked = (runId: string) => system.ask(`/runs/${runId}/manifest`);
  folderOf("here");
  expect(await asked("here")).toMatchObject({ status: 200, json: { ...manifest, run_id: "here" } });
  mkdirSync(join(system.root, "archived"), { recursive: true });
  writeFileSync(join(system.root, "archived", "away.json"), JSON.stringify({ ...manifest, run_id: "away" }));
  expect((await asked("away")).json).toMatchObject({ ...manifest, run_id: "away" });
  for (const id of ["none", "..%2fmodels"]) expect(await asked(id)).toMatchObject(NOT_FOUND);
  await system.runs.create("asked", 0n, request);
  expect(await asked("asked")).toMatchObject({ status: 404, json: { code: "DATA_NOT_FOUND" } });
});
