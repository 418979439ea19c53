import { Agent } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { openJobIds } from "@trainer/platform/redis";
import { scratchPath } from "@trainer/testing";
import { expect, test } from "vitest";
import { fates, toKey } from "./scale-fates.js";
import { Requests } from "./scale-requests.js";
import { scaleSystem } from "./scale-system.js";

const RUNS = 200;

test("no run is lost and none trained twice by thirty workers, ten of which are killed and ten stopped", async () => {
  await using system = await scaleSystem(scratchPath("scale"));
  const requests = new Requests(system.url, new Agent({ keepAlive: true }));
  await Promise.all(
    Array.from({ length: 4 }, async () => {
      for (let i = 0; i < RUNS / 4; i++) {
        const runId = await requests.train();
        if (i % 10 === 9) await requests.cancel(runId);
      }
    }),
  );
  await Promise.all([1, 2, 3].map(() => system.startWorkers(10, 0.5)));
  while (system.notes().begun.size < 60) await sleep(20); // each worker has a run, and its next one waits
  await system.stopWorkers("SIGKILL", 1);
  await system.stopWorkers("SIGTERM", 1);
  const open = () => openJobIds(system.redis, toKey);
  for (let left = RUNS; left > 0; left = (await open()).length) await sleep(200);
  const { states, begunAgain, toldAgain, lost, doubled } = await fates(system, requests.runIds, requests.cancelled);
  expect({ lost, doubled }).toEqual({ lost: [], doubled: [] });
  expect(toldAgain.length).toBeLessThanOrEqual(10); // where a worker was killed just after it had told so
  expect(begunAgain.length).toBeGreaterThan(0); // those of the workers that were killed
  expect(states).toMatchObject({ queued: 0, running: 0 });
  expect(Number(states["completed"]) + Number(states["failed"])).toBe(RUNS);
});
