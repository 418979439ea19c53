import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { keys } from "@trainer/platform";
import { readManifest } from "@trainer/training";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { listen, startSystem, type System } from "./system.js";

vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 });

const pace = { lock: 1000, stalled: 500, heartbeat: 300, silent: 1200, cancel: 100, presence: 300, reconcile: 1000 };
const SOME_SECONDS = { num_epochs: 14, early_stopping_patience: 100 };

let system: System;
beforeEach(async () => void (system = await startSystem()));
afterEach(() => system[Symbol.asyncDispose]());

const atStep = (runId: string, step: number) => system.until(runId, ({ training }) => (training?.step ?? 0) >= step);
const archived = (runId: string) => join(system.root, "archived", `${runId}.json`);

test("a run goes on while Redis is away, for longer than its lock lasts, and is told once, to its end", async () => {
  await using worker = await system.startWorker({}, { pace });
  using events = await listen(system.redisServer.url, "away");
  await system.train("away", SOME_SECONDS);
  await atStep("away", 50);
  const children = worker.children;
  await system.redisServer.kill();
  await setTimeout(4 * pace.lock); // what is waited for is that a time passes
  expect(worker.children).toEqual(children);
  await system.redisServer.start();
  const record = await system.ended("away");
  expect(record).toMatchObject({ status: "completed", training: { step: 350, total_steps: 350 } });
  await events.until(({ type }) => type === "trainer.metrics.completed.v1");
  await vi.waitFor(
    async () =>
      expect(await system.queues.trainer.getJobCounts("active", "waiting", "delayed")).toEqual({
        active: 0,
        waiting: 0,
        delayed: 0,
      }),
    20_000,
  );
  const types = events.own.map(({ type }) => type);
  for (const once of ["trainer.job.started.v1", "trainer.job.completed.v1", "trainer.metrics.completed.v1"]) {
    expect(types.filter((type) => type === once)).toEqual([once]);
  }
  expect((await readManifest(archived("away")))?.steps).toBe(350);
});

test("what Redis has forgotten is put back from the runs' folders, for those that are done, go on and wait", async () => {
  await using _worker = await system.startWorker({}, { pace });
  await system.train("done");
  const done = await system.ended("done");
  await vi.waitUntil(() => existsSync(archived("done")), 10_000);
  await system.train("broken", { tokenizer_id: "tok-none" });
  await system.ended("broken");
  await system.train("going", SOME_SECONDS);
  await atStep("going", 50);
  await system.redis.flushall();
  await system.until("done", ({ status }) => status === "completed");
  const { userId, artifactFileId, training } = done;
  const { step, total_steps, epoch, total_epochs, train_loss, best_val_loss, test_loss } = training ?? {};
  const reached = { step, total_steps, epoch, total_epochs, train_loss, best_val_loss, test_loss };
  expect(await system.runs.get("done")).toMatchObject({ userId, artifactFileId, training: reached });
  expect(await system.ended("going")).toMatchObject({ status: "completed", userId: done.userId });
  expect(await system.redis.scard(keys.workers)).toBe(1);
});

test("a run that was left when all forgot it goes on from its checkpoint with the first worker that comes", async () => {
  const first = await system.startWorker({}, { pace });
  await system.train("left", SOME_SECONDS);
  await atStep("left", 100);
  await first.stop();
  await system.redis.flushall();
  const before = await readManifest(join(system.root, "models", "left", "manifest.json"));
  await using _second = await system.startWorker({}, { pace });
  expect(await system.ended("left")).toMatchObject({ status: "completed" });
  await vi.waitUntil(() => existsSync(archived("left")), 10_000);
  const after = await readManifest(archived("left"));
  expect(after).toMatchObject({ started_at: before?.started_at, steps: 350 });
});

test("the names of workers that are gone are cleared away by those that are there", async () => {
  await system.redis.sadd(keys.workers, "rq:worker:dead", "somebody-else");
  await using _worker = await system.startWorker({}, { pace });
  await vi.waitFor(async () => {
    const names = await system.redis.smembers(keys.workers);
    expect(names).toHaveLength(2);
    expect(names).toContain("somebody-else");
    expect(names).not.toContain("rq:worker:dead");
  });
});
