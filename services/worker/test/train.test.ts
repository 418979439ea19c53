import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { listen, startSystem, type System } from "./system.js";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

let system: System;
beforeAll(async () => void (system = await startSystem()));
afterAll(() => system[Symbol.asyncDispose]());

test("a run is trained, sent off, completed and cleaned away, and tells of it in order", async () => {
  await using _worker = await system.startWorker();
  using events = await listen(system.redisServer.url, "first");
  await system.train("first");
  const record = await system.ended("first");
  expect(events.common).toEqual(events.own);
  expect(record).toMatchObject({ status: "completed" });
});
