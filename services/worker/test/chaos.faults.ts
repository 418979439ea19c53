import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { keys } from "@trainer/platform";
import { randomOf } from "@trainer/testing";
import { listen, startSystem, type System } from "@trainer/testing/system";
import { childrenOf, end, isGone, startWorkerProcess } from "@trainer/testing/worker-process";
import { readManifest } from "@trainer/training";
import { expect, test, vi } from "vitest";

/** A few; `npm run test:chaos` has 50. */
const RUNS = Number(process.env["CHAOS_RUNS"] ?? 3);
const SEED = Number(process.env["CHAOS_SEED"] ?? 1);

vi.setConfig({ testTimeout: 60_000 + RUNS * 30_000 });

const pace = { lock: 2000, stalled: 1000, heartbeat: 500, silent: 2400, cancel: 200, presence: 500, reconcile: 2000 };
const REQUEST = { num_epochs: 6 };

async function lossesOf(system: System, runId: string) {
  // A worker that is killed when a run is safe, and not yet cleaned away, leaves it to the next clean-up.
  const paths = [join(system.root, "archived", `${runId}.json`), join(system.root, "models", runId, "manifest.json")];
  const manifest = await readManifest(paths.find((path) => existsSync(path)) ?? "");
  return { loss: manifest?.loss, best: manifest?.best_val_loss, test: manifest?.test_loss, steps: manifest?.steps };
}

test(`${RUNS} runs end as undisturbed ones while workers, their children and Redis are killed at random (seed ${SEED})`, async () => {
  await using system = await startSystem();
  const random = randomOf(SEED);
  const pick = <T>(things: readonly T[]): T | undefined => things[Math.floor(random() * things.length)];
  const start = () => startWorkerProcess(system.input, { pace });
  const workers = [await start(), await start()];
  await system.train("undisturbed", REQUEST);
  await system.ended("undisturbed");
  const expected = await lossesOf(system, "undisturbed");

  const ids = Array.from({ length: RUNS }, (_, i) => `run-${i}`);
  using events = await listen(system.redisServer.url, "run-0");
  for (const id of ids) await system.train(id, REQUEST);
  const done = Promise.all(ids.map((id) => system.ended(id)));
  const over = new AbortController();
  const chaos = async () => {
    while (!over.signal.aborted) {
      await setTimeout(300 + random() * 2500);
      const which = Math.floor(random() * workers.length);
      const worker = workers[which];
      const what = random();
      if (worker === undefined || over.signal.aborted) return;
      if (what < 0.5) {
        const child = pick(childrenOf(worker.pid));
        if (child !== undefined) process.kill(child, "SIGKILL");
      } else if (what < 0.75) {
        await end(worker, "SIGKILL");
        workers[which] = await start();
      } else if (what < 0.85) {
        await end(worker, "SIGTERM");
        workers[which] = await start();
      } else {
        await system.redisServer.kill();
        await setTimeout(random() * 3000);
        await system.redisServer.start();
      }
    }
  };
  const ended = done.finally(() => over.abort());
  const [records] = await Promise.all([ended, chaos()]);
  expect(records.map(({ runId, status, message }) => ({ runId, status, message }))).toEqual(
    ids.map((runId) => ({ runId, status: "completed", message: "Training completed" })),
  );
  for (const id of ids) expect(await lossesOf(system, id)).toEqual(expected);
  const steps = events.own.flatMap((event) => (event.type === "trainer.job.completed.v1" ? [event.job_id] : []));
  expect(steps.length).toBeLessThanOrEqual(1); // listeners lose Redis too, but receive nothing twice
  await Promise.all(workers.map((worker) => end(worker, "SIGTERM")));
});

test("a run whose worker was killed is taken over by another within 20 seconds, at the ordinary pace", async () => {
  await using system = await startSystem();
  const first = await startWorkerProcess(system.input);
  await system.train("orphaned", { num_epochs: 4000, early_stopping_patience: 4000 });
  await system.until("orphaned", ({ training }) => training?.checkpoint_step !== null && (training?.step ?? 0) > 30);
  const second = await startWorkerProcess(system.input);
  const claims = async () => Number(await system.redis.get(keys.fence("orphaned")));
  const before = await claims();
  const orphans = childrenOf(first.pid);
  expect(orphans).toHaveLength(1);
  await end(first, "SIGKILL");
  const killed = performance.now();
  await vi.waitUntil(() => orphans.every(isGone), { timeout: 20_000, interval: 50 });
  console.log(`its child gone after ${((performance.now() - killed) / 1000).toFixed(1)} s`);
  await vi.waitUntil(async () => (await claims()) > before, { timeout: 20_000, interval: 50 });
  console.log(`taken over after ${((performance.now() - killed) / 1000).toFixed(1)} s`);
  await system.runs.requestCancel("orphaned");
  expect(await system.ended("orphaned")).toMatchObject({ message: "Training cancelled" });
  await end(second, "SIGTERM");
});
