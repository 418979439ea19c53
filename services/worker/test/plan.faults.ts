import { at } from "@trainer/disk";
import { startApi } from "@trainer/api";
import { TrainerClient } from "@trainer/client";
import { startSystem } from "@trainer/testing/system";
import { childrenOf, end, isGone, startWorkerProcess } from "@trainer/testing/worker-process";
import { expect, test, vi } from "vitest";

test("a plan whose worker is killed is made by the next, and one whose process is killed by another process", async () => {
  await using system = await startSystem();
  const { redisServer, root } = system;
  await using api = await startApi(
    { port: 0, redisUrl: redisServer.url, artifactsRoot: root, dataRoot: root },
    { log: { write() {} } },
  );
  const client = new TrainerClient({ url: api.url });
  const pace = { lock: 1000, stalled: 500 };
  const measuring = async (worker: { readonly pid?: number | undefined }) => {
    const found = () =>
      childrenOf(worker.pid).flatMap((child) => childrenOf(child).map((each) => [child, each] as const));
    await vi.waitUntil(() => found().length > 0, { timeout: 60_000, interval: 5 });
    return at(found(), 0);
  };
  const first = await startWorkerProcess(system.input, { pace });
  const plan = client.plan({ corpus_path: "large.txt", seconds: 600 });
  const orphans = await measuring(first);
  await end(first, "SIGKILL");
  await vi.waitUntil(() => orphans.every(isGone), { timeout: 20_000, interval: 50 });
  const second = await startWorkerProcess(system.input, { pace });
  const [child, trial] = await measuring(second);
  process.kill(child, "SIGKILL");
  await vi.waitUntil(() => isGone(trial), { timeout: 20_000, interval: 50 });
  expect(await plan).toMatchObject({ status: "completed", request: { corpus_path: "large.txt" } });
  await end(second, "SIGTERM");
});
