import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startSystem } from "@trainer/testing/system";
import { childrenOf, end, isGone, startWorkerProcess } from "@trainer/testing/worker-process";
import { expect, test, vi } from "vitest";

const NEVER = 600_000;

test("while a training comes to its end, a process is started for the next, if one waits", async () => {
  await using system = await startSystem();
  const [starts, go] = [join(system.root, "starts"), join(system.root, "go")];
  const module = join(system.root, "ahead.mjs");
  const training = {
    step: 9,
    total_steps: 10,
    epoch: 0,
    total_epochs: 1,
    train_loss: 1,
    lr: 1,
    grad_norm: 1,
    tokens_per_sec: 1,
    val_loss: null,
    best_val_loss: null,
    test_loss: null,
    checkpoint_step: null,
    rss_bytes: 1,
  };
  // The first run continues until it may end, and reports each moment that it soon will.
  writeFileSync(
    module,
    `import { appendFileSync, existsSync } from "node:fs";
     appendFileSync("${starts}", "x");
     const training = ${JSON.stringify(training)};
     const trained = { testLoss: null, trainLoss: 1, path: "/ahead", progress: null };
     const tell = (eta_seconds) => process.send({ type: "update", update: { kind: "step", at: 1,
       training: { ...training, eta_seconds }, samplesPerSec: 1, border: false } });
     process.on("message", ({ type, runId }) => {
       if (type === "clean") process.send({ type: "done" });
       if (type === "send") process.send({ type: "sent", fileId: "f".repeat(64), bytes: 1, trained });
       if (type !== "train") return;
       tell(3600);
       const wait = setInterval(() => {
         if (existsSync("${go}-near-" + runId)) tell(1);
         if (existsSync("${go}-" + runId)) { clearInterval(wait); process.send({ type: "trained" }); }
       }, 10);
     });`,
  );
  const started = () => (existsSync(starts) ? readFileSync(starts, "utf8").length : 0);
  await using _worker = await system.startWorker({}, { pace: { idle: NEVER }, child: { module, execArgv: [] } });
  await system.train("first");
  await system.until("first", ({ training }) => training !== null);
  await system.train("second");
  expect(started()).toBe(1);
  writeFileSync(`${go}-near-first`, "");
  await vi.waitUntil(() => started() === 2);
  writeFileSync(`${go}-first`, "");
  await system.ended("first");
  for (const file of [`${go}-near-second`, `${go}-second`]) writeFileSync(file, "");
  expect(await system.ended("second")).toMatchObject({ status: "completed" });
  expect(started()).toBe(2);
});

test("a training is done by the process that an idle worker had ready, which ends with it", async () => {
  await using system = await startSystem();
  const worker = await startWorkerProcess(system.input, { pace: { idle: 0 } });
  try {
    await vi.waitUntil(() => childrenOf(worker.pid).length === 1);
    const [ready] = childrenOf(worker.pid);
    await system.train("ready");
    expect(await system.ended("ready")).toMatchObject({ status: "completed" });
    const log = join(system.root, "archived", "ready.logs.jsonl");
    await vi.waitUntil(() => existsSync(log)); // a run is cleaned away after it is completed
    expect(readFileSync(log, "utf8")).toMatch(new RegExp(`"instance_id":"[^"]*-${ready}"`));
    await vi.waitFor(() => expect(childrenOf(worker.pid)).not.toContain(ready));
    await vi.waitUntil(() => childrenOf(worker.pid).length === 1);
  } finally {
    const left = childrenOf(worker.pid);
    await end(worker, "SIGKILL");
    await vi.waitUntil(() => left.every(isGone)); // they end with their parent
  }
});
