import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { startLink } from "@trainer/testing";
import { listen, startSystem } from "@trainer/testing/system";
import { readManifest } from "@trainer/training";
import { expect, test, vi } from "vitest";

vi.setConfig({ testTimeout: 120_000 });

const pace = { lock: 1000, stalled: 500, heartbeat: 300, silent: 1200, cancel: 100, presence: 300, reconcile: 1000 };
/** Steps enough to last while the network is bad. */
const LONG = { num_epochs: 40, early_stopping_patience: 100 };

/** A worker that reaches its Redis over a network that can be made bad. */
async function overLink() {
  const system = await startSystem();
  const link = await startLink(system.redisServer.port);
  const worker = await system.startWorker({ redisUrl: `redis://127.0.0.1:${link.port}/0` }, { pace });
  return {
    system,
    link,
    async [Symbol.asyncDispose]() {
      await worker.stop();
      await link[Symbol.asyncDispose]();
      await system[Symbol.asyncDispose]();
    },
  };
}

test.each([
  [
    "answers slowly",
    async (link: { delayMs: number }) => {
      link.delayMs = 300;
      await setTimeout(2000);
      link.delayMs = 0;
    },
  ],
  [
    "swallows everything for longer than locks last",
    async (link: { silent: boolean }) => {
      link.silent = true;
      await setTimeout(4000);
      link.silent = false;
    },
  ],
  ["has let the connections die without a word", async (link: { forget(): void }) => Promise.resolve(link.forget())],
])("a run comes to its end, and is told once, where the network %s", async (_, spoil) => {
  await using far = await overLink();
  const { system, link } = far;
  using events = await listen(system.redisServer.url, "far");
  await system.train("far", LONG);
  await system.until("far", ({ training }) => (training?.step ?? 0) >= 20);
  await spoil(link);
  const archived = join(system.root, "archived", "far.json");
  const record = await system.ended("far");
  expect(record).toMatchObject({ status: "completed", training: { step: 1000, total_steps: 1000 } });
  await events.until(({ type }) => type === "trainer.metrics.completed.v1");
  const types = events.own.map(({ type }) => type);
  for (const once of ["trainer.job.completed.v1", "trainer.metrics.completed.v1"])
    expect(types.filter((type) => type === once)).toEqual([once]);
  await vi.waitUntil(() => existsSync(archived), 10_000);
  expect((await readManifest(archived))?.steps).toBe(1000);
  await vi.waitFor(
    async () =>
      expect(await system.queues.trainer.getJobCounts("active", "waiting")).toEqual({ active: 0, waiting: 0 }),
    30_000,
  );
});
