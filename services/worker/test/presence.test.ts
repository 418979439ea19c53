import { hostname } from "node:os";
import { keys, WorkerPresence } from "@trainer/platform";
import { startSystem, type System } from "@trainer/testing/system";
import { libtorchVersion } from "@trainer/torch";
import { afterAll, beforeAll, expect, test, vi } from "vitest";

let system: System;
beforeAll(async () => void (system = await startSystem()));
afterAll(() => system[Symbol.asyncDispose]());

const presence = async (name: string) => {
  const text = await system.redis.get(keys.presence(name));
  return text === null ? null : WorkerPresence.parse(JSON.parse(text));
};

test("a worker says what it is and what it computes with, is named in its jobs, and says nothing any more when it has ended", async () => {
  const before = Date.now();
  const worker = await system.startWorker({ trainings: 2, answers: 3 }, { pace: { presence: 50, idle: 1 } });
  const [name = ""] = await system.redis.smembers(keys.workers);
  const first = await presence(name);
  expect(first).toMatchObject({ host: hostname(), pid: process.pid, trainings: 2, answers: 3, engine: null });
  expect(Date.parse(first?.started_at ?? "")).toBeGreaterThanOrEqual(before);
  const libtorch = libtorchVersion();
  await vi.waitFor(async () => expect((await presence(name))?.engine).toMatchObject({ libtorch, threads: 1 }));
  expect(await system.redis.ttl(keys.presence(name))).toBeGreaterThan(0);
  await system.train("named", { num_epochs: 1 });
  await system.ended("named");
  expect(await system.redis.hget(system.queues.trainer.toKey("named"), "pb")).toBe(name);
  await worker.stop();
  expect([await presence(name), await system.redis.smembers(keys.workers)]).toEqual([null, []]);
});
