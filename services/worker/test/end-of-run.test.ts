import { EventEmitter } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { RunId, ScoreRequest } from "@trainer/platform";
import { matching } from "@trainer/testing";
import { listen, request, startSystem, USER, type System } from "@trainer/testing/system";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { pace, queueTokenizer, scripted, tokenizerIs } from "./scripted.js";

let system: System;
beforeAll(async () => void (system = await startSystem()));
afterAll(() => system[Symbol.asyncDispose]());

test("a run of which nothing was told is completed all the same; one that was claimed meanwhile is left alone", async () => {
  const [asked, go] = [join(system.root, "asked"), join(system.root, "go")];
  const child = scripted(
    system,
    "terse",
    `import { existsSync, writeFileSync } from "node:fs";
     const trained = { testLoss: null, trainLoss: 1, path: "/terse", progress: null };
     let runId = "";
     process.on("message", (message) => {
       if (message.type === "train") { runId = message.runId; process.send({ type: "trained" }); }
       if (message.type === "clean") process.send({ type: "done" });
       if (message.type === "send") {
         writeFileSync("${asked}-" + runId, "");
         const wait = setInterval(() => {
           if (!existsSync("${go}-" + runId)) return;
           clearInterval(wait);
           process.send({ type: "sent", fileId: "f".repeat(64), bytes: 1, trained });
         }, 10);
       }
     });`,
  );
  // No sign of life tells the worker that it has lost the run: it finds out when it would say that it is completed.
  await using worker = await system.startWorker({}, { pace: { ...pace, heartbeat: 60_000 }, child });
  using events = await listen(system.redisServer.url, "terse");
  writeFileSync(`${go}-terse`, "");
  await system.train("terse");
  expect(await system.ended("terse")).toMatchObject({
    status: "completed",
    artifactFileId: "f".repeat(64),
    training: null,
  });
  await events.until(({ type }) => type === "trainer.metrics.completed.v1");

  await system.train("taken");
  await vi.waitUntil(() => existsSync(`${asked}-taken`));
  await system.runs.claim("taken");
  writeFileSync(`${go}-taken`, "");
  await vi.waitFor(() => expect(worker.children).toEqual([]));
  expect(await system.runs.get("taken")).toMatchObject({ status: "running", artifactFileId: null });
  await system.runs.set("taken", { status: "failed" });
});

test("a run that is to be stopped just as it was trained is not sent off", async () => {
  const go = join(system.root, "go-trained");
  const child = scripted(
    system,
    "trained",
    `import { existsSync } from "node:fs";
     process.on("message", ({ type }) => {
       if (type !== "train") return;
       const wait = setInterval(() => {
         if (!existsSync("${go}")) return;
         clearInterval(wait);
         process.send({ type: "trained" });
       }, 10);
     });`,
  );
  await using worker = await system.startWorker({}, { pace: { ...pace, cancel: 60_000 }, child });
  await system.train("late");
  await vi.waitUntil(() => worker.children.length > 0);
  await system.runs.requestCancel("late");
  writeFileSync(go, "");
  expect(await system.ended("late")).toMatchObject({ status: "failed", message: "Training cancelled" });
});

test("a job for a run that has no record is done, and gives it one", async () => {
  await using _worker = await system.startWorker({}, { pace });
  await system.add("trainer", "train", {
    run_id: RunId.parse("nobody"),
    user_id: USER,
    request: request({ num_epochs: 1 }),
  });
  expect(await system.ended("nobody")).toMatchObject({ status: "completed", userId: USER });
});

test("what its workers end by, and what is taken over and over without getting further, fails", async () => {
  const stops = 'process.on("message", ({ type }) => type === "stop" && process.send({ type: "stopped" }));';
  const idle = scripted(system, "idle-too", stops);
  const seen = () => system.runs.get("culprit").then((run) => run?.status);
  await system.train("culprit");
  for (let crashes = 0; crashes < 2; crashes++) {
    await using worker = await system.startWorker({}, { pace, child: idle });
    await vi.waitUntil(() => worker.children.length > 0);
    EventEmitter.prototype.emit.call(process, "uncaughtExceptionMonitor", new Error("a bug"), "uncaughtException");
    await worker.stop();
    expect(await seen()).toBe("queued");
  }
  const taken = { failures: 0, reached: 0, takes: 10, crashes: 0 };
  await queueTokenizer(system, "tok-culprit");
  const question = { run_id: RunId.parse("none"), request_id: "culprit", request: ScoreRequest.parse({ text: "a" }) };
  const asked = await system.add("trainer-inference", "score", question);
  await asked.updateProgress(taken);
  for (const job of await system.queues.trainer.getWaiting())
    if (job.name === "tokenizer") await job.updateProgress(taken);
  await using _worker = await system.startWorker({ trainings: 20 }, { pace, child: idle });
  const error = matching(/^it got no further while 2 workers/);
  expect(await system.ended("culprit")).toMatchObject({ status: "failed", error });
  await tokenizerIs(system, "tok-culprit", "failed");
  const answer = () => system.results.score("none", "culprit").get();
  await vi.waitFor(async () =>
    expect(await answer()).toMatchObject({ status: "failed", message: matching(/^it got no/) }),
  );
});
