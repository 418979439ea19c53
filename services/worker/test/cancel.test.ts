import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { keys, type TrainerEvent } from "@trainer/platform";
import { listen, startSystem, type System } from "@trainer/testing/system";
import { readManifest } from "@trainer/training";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Worker } from "../src/start.js";

let system: System;
let worker: Worker;
beforeAll(async () => {
  system = await startSystem();
  worker = await system.startWorker({}, { pace: { cancel: 100 } });
});
afterAll(async () => {
  await worker.stop();
  await system[Symbol.asyncDispose]();
});

const ENDLESS = { num_epochs: 100_000, early_stopping_patience: 100_000 };

const isOf = (type: TrainerEvent["type"]) => (event: TrainerEvent) => event.type === type;

test("a run is stopped in its steps, one behind it that nobody has begun too, and both say so as clients know it", async () => {
  using events = await listen(system.redisServer.url, "going");
  using behind = await listen(system.redisServer.url, "behind");
  await system.train("going", ENDLESS);
  await events.until(isOf("trainer.metrics.progress.v1"));
  await system.train("behind", ENDLESS);
  await system.runs.requestCancel("behind");
  expect(await system.ended("behind")).toMatchObject({ status: "failed", message: "Training cancelled" });
  await behind.until(isOf("trainer.job.failed.v1"));
  expect(behind.own).toHaveLength(1);
  expect(existsSync(join(system.root, "models", "behind"))).toBe(false);
  expect(await system.queues.trainer.getJob("behind")).toBeUndefined();

  await system.runs.requestCancel("going");
  expect(await system.ended("going")).toMatchObject({ status: "failed", message: "Training cancelled" });
  await events.until(isOf("trainer.job.failed.v1"));
  expect(events.own.at(-1)).toMatchObject({ error_kind: "system", message: "Training cancelled" });
  expect(events.own.some(isOf("trainer.job.completed.v1"))).toBe(false);
  await vi.waitFor(async () => {
    const manifest = await readManifest(join(system.root, "models", "going", "manifest.json"));
    expect(manifest).toMatchObject({ status: "failed", error_code: "TRAINING_CANCELLED", error: "Training cancelled" });
    expect(await system.redis.exists(keys.cancelled("going"))).toBe(0);
    const hidden = readdirSync(join(system.root, "models", "going")).filter((name) => name.startsWith("."));
    expect(hidden).toEqual([]); // its request is in the manifest
  });
  const job = await system.queues.trainer.getJob("going");
  await vi.waitFor(async () => expect(await job?.getState()).toBe("completed")); // it is not tried again
});

test("a run that was to be stopped before its worker was there is never begun", async () => {
  await worker.stop();
  using events = await listen(system.redisServer.url, "early");
  await system.train("early", ENDLESS);
  await system.runs.requestCancel("early");
  worker = await system.startWorker({}, { pace: { cancel: 60_000 } }); // it is taken from the queue before it is looked for there
  expect(await system.ended("early")).toMatchObject({ status: "failed", message: "Training cancelled" });
  await events.until(isOf("trainer.job.failed.v1"));
  expect(events.own.map(({ type }) => type)).toEqual(["trainer.job.failed.v1"]);
  await worker.stop();
  worker = await system.startWorker({}, { pace: { cancel: 100 } });
});

test("a run is stopped while its text is made ready", async () => {
  await system.train("preparing", { ...ENDLESS, corpus_path: "large.txt" });
  await system.until("preparing", ({ message }) => message === "training");
  await system.runs.requestCancel("preparing");
  expect(await system.ended("preparing")).toMatchObject({ status: "failed", message: "Training cancelled" });
  expect((await system.runs.get("preparing"))?.training).toBeNull();
});

test("a run that was cancelled since it was last looked for is not sent to the file service when it is trained", async () => {
  await worker.stop();
  const [begun, goOn] = [join(system.root, "begun"), join(system.root, "go-on")];
  const module = join(system.root, "trained.mjs");
  writeFileSync(
    module,
    `import { existsSync, writeFileSync } from "node:fs";
     process.on("message", ({ type }) => {
       if (type === "send") process.send({ type: "done" });
       if (type !== "train") return;
       writeFileSync(${JSON.stringify(begun)}, "");
       const wait = setInterval(() => {
         if (!existsSync(${JSON.stringify(goOn)})) return;
         clearInterval(wait);
         process.send({ type: "trained" });
       }, 10);
     });`,
  );
  {
    await using _worker = await system.startWorker({}, { pace: { cancel: 60_000 }, child: { module, execArgv: [] } });
    await system.train("trained", {});
    await vi.waitFor(() => expect(existsSync(begun)).toBe(true));
    await system.runs.requestCancel("trained");
    writeFileSync(goOn, "");
    expect(await system.ended("trained")).toMatchObject({ status: "failed", message: "Training cancelled" });
  }
  worker = await system.startWorker({}, { pace: { cancel: 100 } });
});

test("a run may take as long as it gets further, and is given up when it does not", async () => {
  await worker.stop();
  {
    // It takes longer than the limit, and says at each moment that it is at work.
    const config = {
      kind: "config",
      modelFamily: "char_lstm",
      modelSize: "tiny",
      batchSize: 8,
      learningRate: 1e-3,
      threads: 1,
    };
    const slow = join(system.root, "slow.mjs");
    writeFileSync(
      slow,
      `const trained = { testLoss: null, trainLoss: 1, path: "/long", progress: null };
       process.on("message", ({ type }) => {
         if (type === "clean") process.send({ type: "done" });
         if (type === "send") process.send({ type: "sent", fileId: "f".repeat(64), bytes: 1, trained });
         if (type !== "train") return;
         const began = Date.now();
         const wait = setInterval(() => {
           process.send({ type: "update", update: ${JSON.stringify(config)} });
           if (Date.now() - began < 4000) return;
           clearInterval(wait);
           process.send({ type: "trained" });
         }, 20);
       });`,
    );
    await using _worker = await system.startWorker({ jobTimeoutSec: 3 }, { child: { module: slow, execArgv: [] } });
    await system.train("long");
    expect(await system.ended("long")).toMatchObject({ status: "completed" });
  }
  const module = join(system.root, "silent.mjs");
  writeFileSync(module, 'process.on("message", () => {});');
  await using _strict = await system.startWorker({ jobTimeoutSec: 1 }, { child: { module, execArgv: [] } });
  await system.train("stuck", ENDLESS);
  const record = await system.ended("stuck");
  expect(record.message).toBe("the run got no further for 1 seconds, which is the longest a job may");
});
