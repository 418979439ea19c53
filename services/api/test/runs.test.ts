import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { keys, storedRequest, TrainAccepted, TrainRequest } from "@trainer/platform";
import { RunRecords } from "@trainer/platform/redis";
import { containing, matching } from "@trainer/testing";
import { startSystem, type System } from "@trainer/testing/api";
import { FileLock, RequestStore, runFolder } from "@trainer/training/files";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { z } from "zod";
import { manifest } from "./manifest.js";

let system: System;
beforeAll(async () => void (system = await startSystem()));
beforeEach(async () => void (await system.redis.flushall()));
afterAll(() => system[Symbol.asyncDispose]());

const { user_id: _, ...request } = TrainRequest.parse({ corpus_file_id: "f" });
const NOT_FOUND = { status: 404, json: { code: "RUN_NOT_FOUND", message: "run not found" } };
const resume = (runId: string, body?: unknown) => system.ask(`/runs/${runId}/resume`, { method: "POST", body });
const remove = (runId: string) => system.ask(`/runs/${runId}`, { method: "DELETE" });

const Job = z.looseObject({ run_id: z.string() });

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
    [
      "completed",
      containing(
        "run r is completed: a new run that names it as pretrained_run_id trains it further, and so does a new end",
      ),
    ],
  ] as const) {
    await system.runs.set("r", { status });
    expect(await resume("r")).toMatchObject({ status: 409, json: { code: "CONFLICT", message: why } });
  }
  await system.runs.set("r", { status: "failed" });
  await system.redis.del(keys.request("r"));
  expect(await resume("r")).toMatchObject({ status: 409, json: { message: containing("asked for elsewhere") } });
  expect(await system.trainer.getWaitingCount()).toBe(0);
});

/** A run of ten steps that is completed, with a checkpoint at its end. */
async function completedRun(runId: string) {
  const folder = folderOf(runId);
  mkdirSync(join(folder.checkpoints, "step-00000010"), { recursive: true });
  const counts = { documents: 1, tokens: 100, bytes: 100 };
  const splits = { train: counts, validation: counts, test: counts };
  const ended = {
    status: "completed",
    steps: 10,
    total_steps: 10,
    splits,
    config: { ...manifest.config, corpus_paths: ["a.txt"], max_steps: 10 },
  };
  writeFileSync(folder.manifest, JSON.stringify({ ...manifest, ...ended, run_id: runId }));
  await system.runs.create(runId, 7n, request);
  await system.runs.set(runId, { status: "completed" });
  return folder;
}

test("a completed run is queued with its new end, which is on the disk too", async () => {
  await completedRun("on");
  const { status, json } = await resume("on", { max_steps: 40 });
  expect(status).toBe(200);
  const { job_id: id } = TrainAccepted.parse(json);
  const end = { max_steps: 40, num_epochs: null, seconds: null, id, completed: true };
  expect(await system.runs.get("on")).toMatchObject({ status: "queued", error: null, end });
  const jobs = await system.trainer.getJobs(["waiting"]);
  expect(jobs.find((job) => job.id === id)?.data).toMatchObject({ run_id: "on", user_id: "7", end });
  const stored = await new RequestStore(system.root, storedRequest).read("on");
  expect(stored).toMatchObject({ userId: 7n, request, end });
  const again = await resume("on", { num_epochs: 4 });
  expect(again).toMatchObject({ status: 409, json: { message: "run on is queued already" } });
});

test("of two that want another end at once, one is told that the run is queued", async () => {
  await completedRun("two");
  const answers = await Promise.all([40, 50].map((max_steps) => resume("two", { max_steps })));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 409]));
  expect(
    (await system.trainer.getJobs(["waiting"])).filter(({ data }) => Job.parse(data).run_id === "two"),
  ).toHaveLength(1);
});

test("an end that a run cannot have is refused in the words of the command line, and the run stays as it is", async () => {
  const folder = await completedRun("stays");
  const before = await system.runs.get("stays");
  const refused = async (body: unknown) => (await resume("stays", body)).json;
  const behind = "the run cannot be trained on: it has done 10 steps already, and was to end after 4: ask for more";
  expect(await refused({ max_steps: 4 })).toMatchObject({ code: "INVALID_INPUT", message: behind });
  expect(await resume("stays", { max_steps: 40, seconds: 9 })).toMatchObject({
    status: 422,
    json: { message: containing("each says where the run ends; give one of them") },
  });
  expect(await resume("stays", { steps: 40 })).toMatchObject({ status: 422, json: { message: containing("steps") } });
  expect(await resume("stays", { seconds: "2h" })).toMatchObject({ status: 400, json: { code: "INVALID_INPUT" } });
  {
    using _lock = new FileLock(folder.lock, "stays");
    const message = containing("run stays is being trained by another process of the server");
    expect(await refused({ max_steps: 40 })).toMatchObject({ code: "CONFLICT", message });
  }
  rmSync(folder.checkpoints, { recursive: true });
  const cleaned = containing("no checkpoint of it is here");
  expect(await refused({ max_steps: 40 })).toMatchObject({ code: "INVALID_INPUT", message: cleaned });
  mkdirSync(join(system.root, "archived"), { recursive: true });
  renameSync(folder.manifest, join(system.root, "archived", "stays.json"));
  rmSync(folder.path, { recursive: true });
  expect(await refused({ max_steps: 40 })).toMatchObject({ code: "INVALID_INPUT", message: cleaned });
  expect(await system.runs.get("stays")).toEqual(before);
  expect(await system.trainer.getWaitingCount()).toBe(0);
});

test("a run of which nothing is here is queued: its worker may have it", async () => {
  await system.runs.create("away", 0n, request);
  await system.runs.set("away", { status: "completed" });
  expect((await resume("away", { seconds: 60 })).status).toBe(200);
  expect(existsSync(runFolder(system.root, "away").path)).toBe(false);
  folderOf("torn");
  writeFileSync(runFolder(system.root, "torn").manifest, "{");
  await system.runs.create("torn", 0n, request);
  await system.runs.set("torn", { status: "failed" });
  expect((await resume("torn", { seconds: 60 })).status).toBe(200);
});

test("a run that is removed while it is asked for is not queued", async () => {
  await completedRun("removed");
  const requeue = vi.spyOn(RunRecords.prototype, "requeue").mockResolvedValueOnce(null);
  expect(await resume("removed", { max_steps: 40 })).toMatchObject(NOT_FOUND);
  requeue.mockResolvedValueOnce("running");
  expect(await resume("removed", { max_steps: 40 })).toMatchObject({
    json: { message: "run removed is running already" },
  });
  requeue.mockRestore();
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
