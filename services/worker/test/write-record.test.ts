import { mkdirSync, writeFileSync } from "node:fs";
import { keys, RunId } from "@trainer/platform";
import { request, startSystem, USER, type System } from "@trainer/testing/system";
import { runFolder } from "@trainer/training";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { container as makeContainer } from "../src/container.js";
import { WorkerConfig } from "../src/config.js";
import { failRun, CANCELLED } from "../src/jobs/fail-run.js";
import { Work } from "../src/jobs/job.js";
import { trainJob } from "../src/jobs/train.js";
import { RunEvents } from "../src/runs/run-events.js";
import { RunLease } from "../src/runs/run-lease.js";
import { pace } from "./scripted.js";

let system: System;
beforeAll(async () => void (system = await startSystem()));
afterAll(() => system[Symbol.asyncDispose]());

test("a run is failed in its record and its manifest, by whoever has it; without a manifest that can be read, in its record", async () => {
  const logs: string[] = [];
  const config = WorkerConfig.parse({ ...system.input, logLevel: "info" });
  await using container = makeContainer(config, { pace, log: { write: (line) => logs.push(line) } });
  const { runs, log, closed } = container;
  const begin = async (runId: string) => {
    await runs.create(runId, USER, request());
    return await RunLease.begin({ runs, runId, userId: USER, request: request(), log, pace: container.pace, closed });
  };
  const events = (runId: string) => new RunEvents(runId, USER, request());

  await using damaged = await begin("damaged");
  const { checkpoints, manifest } = runFolder(system.root, "damaged");
  mkdirSync(checkpoints, { recursive: true });
  writeFileSync(manifest, "{");
  await failRun(container, damaged, events("damaged"), { runId: "damaged", end: undefined }, CANCELLED);
  expect(await runs.get("damaged")).toMatchObject({ status: "failed", message: "Training cancelled" });

  await using lost = await begin("lost");
  await runs.claim("lost");
  await vi.waitUntil(() => lost.lost.aborted); // by its next sign of life
  await failRun(container, lost, events("lost"), { runId: "lost", end: undefined }, CANCELLED);
  expect(await runs.get("lost")).toMatchObject({ status: "queued" });
  expect(logs.filter((line) => line.includes('"run_failed"'))).toHaveLength(1);
  expect(logs.filter((line) => line.includes('"manifest_write_failed"'))).toHaveLength(1);
});

test("what Redis refuses is written again until it goes through; a sign of life that it refuses means nothing", async () => {
  const logs: string[] = [];
  const config = WorkerConfig.parse({ ...system.input, logLevel: "info" });
  await using container = makeContainer(config, { pace, log: { write: (line) => logs.push(line) } });
  const { runs, log, closed } = container;
  const about = { runs, userId: USER, request: request(), log, pace: container.pace, closed };
  await using turn = await RunLease.begin({ ...about, runId: "refused" });
  const fence = keys.fence("refused");
  await system.redis.multi().del(fence).hset(fence, "not", "a number").exec();
  const written = turn.write({ status: "running", message: "started" });
  await vi.waitUntil(() => logs.some((line) => line.includes('"redis_write_failed"')));
  await system.redis.del(keys.fence("refused"));
  await system.redis.set(keys.fence("refused"), turn.fence);
  await written;
  expect(await runs.get("refused")).toMatchObject({ status: "running", message: "started" });
  expect(turn.lost.aborted).toBe(false);
});

test("a run that another worker completes just before it is claimed is left as it is", async () => {
  await using container = makeContainer(WorkerConfig.parse(system.input), { pace });
  const { runs } = container;
  await runs.create("done", USER, request());
  const before = await runs.get("done");
  await runs.set("done", { status: "completed" });
  vi.spyOn(runs, "get").mockResolvedValueOnce(before && { ...before, status: "running" });
  const job = await system.add("trainer", "train", { run_id: RunId.parse("done"), user_id: USER, request: request() });
  await trainJob(new Work(job, ""), new AbortController().signal, container);
  expect(await runs.get("done")).toMatchObject({ status: "completed" });
  expect(container.children.all).toEqual([]);
  await job.remove();
});

test("a run that Redis forgets while it goes on is told again with its next sign of life, as far as it had come", async () => {
  await using container = makeContainer(WorkerConfig.parse(system.input), { pace });
  const { runs, log, closed } = container;
  const about = { runs, userId: USER, request: request(), log, pace: container.pace, closed };
  await runs.create("known", USER, request());
  const createdAt = (await runs.get("known"))?.createdAt;
  await using _known = await RunLease.begin({ ...about, runId: "known" });
  await using _unknown = await RunLease.begin({ ...about, runId: "unknown" });
  await system.redis.flushall();
  const forgotten = await system.until("known", () => true);
  expect(forgotten).toMatchObject({ status: "running", message: "training", userId: USER, createdAt, training: null });
  expect(await system.until("unknown", () => true)).toMatchObject({ status: "running", userId: USER });
});
