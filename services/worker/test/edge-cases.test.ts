import { EventEmitter } from "node:events";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  ChatRequest,
  EvaluateRequest,
  keys,
  RunId,
  ScoreRequest,
  storedRequest,
  TokenizerId,
  TokenizerTrainRequest,
} from "@trainer/platform";
import { matching } from "@trainer/testing";
import { listen, request, startSystem, USER, type System } from "@trainer/testing/system";
import { readManifest, runFolder } from "@trainer/training";
import { RequestStore } from "@trainer/training/files";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { container as makeContainer } from "../src/container.js";
import { WorkerConfig } from "../src/config.js";
import { failRun, CANCELLED } from "../src/jobs/fail-run.js";
import { runOf } from "../src/runs/cancel-queued.js";
import { RunEvents } from "../src/runs/run-events.js";
import { RunTurn } from "../src/runs/run-turn.js";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let system: System;
beforeAll(async () => void (system = await startSystem()));
afterAll(() => system[Symbol.asyncDispose]());

const LATER = 60_000;
const pace = {
  lock: 1000,
  stalled: 500,
  heartbeat: 50,
  silent: 1200,
  cancel: 50,
  presence: LATER,
  reconcile: LATER,
  idle: LATER,
};

/** A child process that does what the text of its module says. */
function scripted(name: string, text: string) {
  const module = join(system.root, `${name}.mjs`);
  writeFileSync(module, text);
  return { module, execArgv: [] };
}

async function tokenizer(id: string, fields: object = {}) {
  await system.tokenizers.create(id);
  const asked = TokenizerTrainRequest.parse({ corpus_path: "corpus.txt", vocab_size: 300, ...fields });
  await system.add("trainer", "tokenizer", { tokenizer_id: TokenizerId.parse(id), request: asked });
}
const tokenizerIs = (id: string, status: string) =>
  vi.waitFor(async () => expect((await system.tokenizers.get(id)).status).toBe(status), {
    timeout: 20_000,
    interval: 20,
  });

test("a tokenizer whose process crashes each time fails; one that is completed is not made again", async () => {
  const starts = join(system.root, "starts");
  const child = scripted(
    "crash",
    `import { appendFileSync } from "node:fs"; appendFileSync("${starts}", "x"); process.exit(3);`,
  );
  const logs: string[] = [];
  await using _worker = await system.startWorker(
    { logLevel: "info" },
    { pace, child, log: { write: (line) => logs.push(line) } },
  );
  await system.tokenizers.create("tok-there");
  await system.tokenizers.complete("tok-there", { coverage: 1, oov_rate: 0, token_count: 5, char_coverage: 1 });
  await tokenizer("tok-crash");
  await tokenizerIs("tok-crash", "failed");
  expect(logs.join("")).toContain("the process that trained the tokenizer ended with code 3");
  const job = await system.add("trainer", "tokenizer", {
    tokenizer_id: TokenizerId.parse("tok-there"),
    request: TokenizerTrainRequest.parse({ corpus_path: "corpus.txt" }),
  });
  await vi.waitFor(async () => expect(await job.getState()).toBe("completed"), 10_000);
});

test("a tokenizer is trained though its request cannot be kept", async () => {
  const folder = join(system.root, "queued-tokenizers");
  rmSync(folder, { recursive: true, force: true });
  writeFileSync(folder, "");
  await using _worker = await system.startWorker({}, { pace });
  await tokenizer("tok-unkept", { method: "char" });
  await tokenizerIs("tok-unkept", "completed");
  expect(readFileSync(folder, "utf8")).toBe("");
  rmSync(folder);
});

test("a tokenizer that is under way when its worker stops is made by the next", async () => {
  const first = await system.startWorker({}, { pace, child: scripted("idle", 'process.on("message", () => {});') });
  await tokenizer("tok-drained");
  await vi.waitUntil(() => first.children.length > 0, 10_000);
  await first.stop();
  expect((await system.tokenizers.get("tok-drained")).status).toBe("queued");
  // And one whose process died, in the time that it waits for another.
  const crashing = await system.startWorker({}, { pace, child: scripted("dead", "process.exit(3);") });
  await vi.waitUntil(() => crashing.children.length > 0, 10_000);
  await vi.waitUntil(() => crashing.children.length === 0, 10_000);
  await crashing.stop();
  expect((await system.tokenizers.get("tok-drained")).status).toBe("queued");
  await using _second = await system.startWorker({}, { pace });
  await tokenizerIs("tok-drained", "completed");
});

test("a tokenizer that takes longer than a job may fails; what may pass is tried again", async () => {
  {
    await using _worker = await system.startWorker(
      { jobTimeoutSec: 0.3 },
      { pace, child: scripted("slow", 'process.on("message", () => {});') },
    );
    await tokenizer("tok-slow");
    await tokenizerIs("tok-slow", "failed");
  }
  const once = join(system.root, "once");
  const passing = scripted(
    "passing",
    `import { existsSync, writeFileSync } from "node:fs";
     process.on("message", ({ type }) => {
       if (type !== "tokenizer") return;
       if (existsSync("${once}")) process.send({ type: "tokenizer", stats: { coverage: 1, oov_rate: 0, token_count: 5, char_coverage: 1 } });
       else writeFileSync("${once}", ""), process.send({ type: "failed", failure: { code: "EXTERNAL_SERVICE_ERROR", failureClass: "TRANSIENT", message: "away" } });
     });`,
  );
  await using _worker = await system.startWorker({ retryMax: 1, retryIntervalsSec: [] }, { pace, child: passing });
  await tokenizer("tok-again");
  await tokenizerIs("tok-again", "completed");
  expect(existsSync(once)).toBe(true);
});

test("a run of which nothing was told is completed all the same; one that was claimed meanwhile is left alone", async () => {
  const [asked, go] = [join(system.root, "asked"), join(system.root, "go")];
  const child = scripted(
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
  await vi.waitUntil(() => existsSync(`${asked}-taken`), 10_000);
  await system.runs.claim("taken");
  writeFileSync(`${go}-taken`, "");
  await vi.waitFor(() => expect(worker.children).toEqual([]), 10_000);
  expect(await system.runs.get("taken")).toMatchObject({ status: "running", artifactFileId: null });
  await system.runs.set("taken", { status: "failed" });
});

test("a run that is to be stopped just as it was trained is not sent off", async () => {
  const go = join(system.root, "go-trained");
  const child = scripted(
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
  await vi.waitUntil(() => worker.children.length > 0, 10_000);
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

test("an answer that makes no sense or cannot be kept fails, and says that it is not the question's fault", async () => {
  const nonsense = scripted(
    "nonsense",
    'process.on("message", ({ type, id }) => { if (type === "ask") process.send({ type: "answer", id, answer: "yes" }); });',
  );
  await using _worker = await system.startWorker({}, { pace, child: nonsense });
  const chat = ChatRequest.parse({ message: "who?", session_id: "s" });
  await system.sessions.begin("nobody", "s");
  await system.add("trainer-inference", "chat", {
    run_id: RunId.parse("nobody"),
    session_id: "s",
    request_id: "q",
    request: chat,
  });
  const slot = system.results.chat("nobody", "s", "q");
  await vi.waitFor(
    async () => expect(await slot.get()).toMatchObject({ status: "failed", message: matching(/could not be kept/) }),
    10_000,
  );
});

test("an evaluation of a run that has no record any more is kept, and told to nobody", async () => {
  await using _worker = await system.startWorker({}, { pace });
  const slot = system.results.evaluation("nobody");
  const evaluated = async () => {
    await system.redis.del(slot.key);
    await system.add("trainer-inference", "eval", {
      run_id: RunId.parse("nobody"),
      request: EvaluateRequest.parse({}),
    });
    const isDone = async () => expect(await slot.get()).toMatchObject({ status: "completed" });
    await vi.waitFor(isDone, { timeout: 20_000, interval: 20 });
  };
  using events = await listen(system.redisServer.url, "nobody");
  await evaluated();
  await events.until(({ type }) => type === "trainer.run.evaluated.v1");
  await system.redis.del(keys.job("nobody"));
  await evaluated();
  expect(events.own).toHaveLength(1);
});

test("a run is failed in its record and its manifest, by whoever has it; without a manifest that can be read, in its record", async () => {
  const logs: string[] = [];
  const config = WorkerConfig.parse({ ...system.input, logLevel: "info" });
  await using container = makeContainer(config, { pace, log: { write: (line) => logs.push(line) } });
  const { runs, log, closed } = container;
  const begin = async (runId: string) => {
    await runs.create(runId, USER, request());
    return await RunTurn.begin({ runs, runId, userId: USER, request: request(), log, pace: container.pace, closed });
  };
  const events = (runId: string) => new RunEvents(runId, USER, request());

  await using damaged = await begin("damaged");
  const { checkpoints, manifest } = runFolder(system.root, "damaged");
  mkdirSync(checkpoints, { recursive: true });
  writeFileSync(manifest, "{");
  await failRun(container, damaged, events("damaged"), "damaged", CANCELLED);
  expect(await runs.get("damaged")).toMatchObject({ status: "failed", message: "Training cancelled" });

  await using lost = await begin("lost");
  await runs.claim("lost");
  await vi.waitUntil(() => lost.lost.aborted, 10_000); // by its next sign of life
  await failRun(container, lost, events("lost"), "lost", CANCELLED);
  expect(await runs.get("lost")).toMatchObject({ status: "queued" });
  expect(logs.filter((line) => line.includes('"run_failed"'))).toHaveLength(1);
  expect(logs.filter((line) => line.includes('"manifest_write_failed"'))).toHaveLength(1);
});

test("what Redis refuses is written again until it goes through; a sign of life that it refuses means nothing", async () => {
  const logs: string[] = [];
  const config = WorkerConfig.parse({ ...system.input, logLevel: "info" });
  await using container = makeContainer(config, { pace, log: { write: (line) => logs.push(line) } });
  const { runs, log, closed } = container;
  const about = { runs, userId: USER, request: request(), log, pace: container.pace, closed };
  await using turn = await RunTurn.begin({ ...about, runId: "refused" });
  await system.redis.del(keys.fence("refused"));
  await system.redis.hset(keys.fence("refused"), "not", "a number");
  const written = turn.write({ status: "running", message: "started" });
  await vi.waitUntil(() => logs.some((line) => line.includes('"redis_write_failed"')), 10_000);
  await system.redis.del(keys.fence("refused"));
  await system.redis.set(keys.fence("refused"), turn.fence);
  await written;
  expect(await runs.get("refused")).toMatchObject({ status: "running", message: "started" });
  expect(turn.lost.aborted).toBe(false);
});

test("a run that Redis forgets while it goes on is told again with its next sign of life, as far as it had come", async () => {
  await using container = makeContainer(WorkerConfig.parse(system.input), { pace });
  const { runs, log, closed } = container;
  const about = { runs, userId: USER, request: request(), log, pace: container.pace, closed };
  await runs.create("known", USER, request());
  const createdAt = (await runs.get("known"))?.createdAt;
  await using _known = await RunTurn.begin({ ...about, runId: "known" });
  await using _unknown = await RunTurn.begin({ ...about, runId: "unknown" });
  await system.redis.flushall();
  const forgotten = await system.until("known", () => true);
  expect(forgotten).toMatchObject({ status: "running", message: "training", userId: USER, createdAt, training: null });
  expect(await system.until("unknown", () => true)).toMatchObject({ status: "running", userId: USER });
});

test("what is no training, or carries none, waits for no run", async () => {
  const { trainer } = system.queues;
  expect(runOf(undefined)).toBeNull();
  expect(runOf(await trainer.add("tokenizer", {}, { delay: 1e9 }))).toBeNull();
  expect(runOf(await trainer.add("train", { run_id: 5 }, { delay: 1e9 }))).toBeNull();
});

test("of what lies in the home the runs of services are put back, as their manifests say, and nobody else's", async () => {
  await using other = await startSystem();
  {
    await using _worker = await other.startWorker({ cleanup: { enabled: false } }, { pace });
    const runIds = ["whole", "ended", "own", "torn", "cancelled", "unfinished"];
    for (const runId of runIds) await other.train(runId, { num_epochs: 1 });
    for (const runId of runIds) await other.ended(runId);
    await vi.waitUntil(async () => (await other.queues.trainer.getJobCounts("active"))["active"] === 0, 10_000);
  }
  const path = (runId: string, name: string) => join(other.root, "models", runId, name);
  const change = async (runId: string, fields: object) =>
    writeFileSync(
      path(runId, "manifest.json"),
      JSON.stringify({ ...(await readManifest(path(runId, "manifest.json"))), ...fields }),
    );
  await change("ended", { status: "failed", error: "out of luck", error_code: "JOB_FAILED" });
  await change("own", { artifact_file_id: null });
  await change("cancelled", { status: "failed", error: "Training cancelled", artifact_file_id: null, requested: true });
  await change("unfinished", { status: "running", finished_at: null, artifact_file_id: null, requested: true });
  writeFileSync(path("torn", "manifest.json"), "{");
  mkdirSync(join(other.root, "archived"), { recursive: true });
  writeFileSync(join(other.root, "archived", "shred.json"), "{");
  mkdirSync(join(other.root, "models", "empty"));
  const createdAt = "2026-01-02T03:04:05.678";
  await new RequestStore(other.root, storedRequest).keep("waiting", {
    userId: USER,
    createdAt,
    request: request({ num_epochs: 1 }),
  });
  await other.redis.flushall();
  await using _worker = await other.startWorker({}, { pace });
  const begun = (await readManifest(path("unfinished", "manifest.json")))?.started_at.replace("Z", "");
  expect(await other.runs.get("unfinished")).toMatchObject({ status: "queued", createdAt: begun, updatedAt: begun });
  expect(await other.runs.get("whole")).toMatchObject({ status: "completed", request: null });
  expect(await other.runs.get("ended")).toMatchObject({ status: "failed", error: "out of luck", userId: USER });
  expect(await other.runs.get("cancelled")).toMatchObject({
    status: "failed",
    message: "Training cancelled",
    progress: 99,
  });
  expect(await other.ended("waiting")).toMatchObject({ status: "completed", userId: USER, createdAt });
  for (const runId of ["own", "torn", "shred", "empty"]) expect(await other.runs.get(runId)).toBeNull();
});

test("what its workers end by, and what is taken over and over without getting further, fails", async () => {
  const stops = 'process.on("message", ({ type }) => type === "stop" && process.send({ type: "stopped" }));';
  const idle = scripted("idle-too", stops);
  const seen = () => system.runs.get("culprit").then((run) => run?.status);
  await system.train("culprit");
  for (let crashes = 0; crashes < 2; crashes++) {
    await using worker = await system.startWorker({}, { pace, child: idle });
    await vi.waitUntil(() => worker.children.length > 0, 10_000);
    EventEmitter.prototype.emit.call(process, "uncaughtExceptionMonitor", new Error("a bug"), "uncaughtException");
    await worker.stop();
    expect(await seen()).toBe("queued");
  }
  const taken = { failures: 0, reached: 0, takes: 10, crashes: 0 };
  await tokenizer("tok-culprit");
  const question = { run_id: RunId.parse("none"), request_id: "culprit", request: ScoreRequest.parse({ text: "a" }) };
  const asked = await system.add("trainer-inference", "score", question);
  await asked.updateProgress(taken);
  for (const job of await system.queues.trainer.getWaiting())
    if (job.name === "tokenizer") await job.updateProgress(taken);
  await using _worker = await system.startWorker({ trainings: 20 }, { pace, child: idle });
  const error = matching(/^it got no further while 2 workers/);
  expect(await system.ended("culprit")).toMatchObject({ status: "failed", error });
  await tokenizerIs("tok-culprit", "failed");
  const answer = () => system.results.score("none", "culprit").get();
  await vi.waitFor(async () =>
    expect(await answer()).toMatchObject({ status: "failed", message: matching(/^it got no/) }),
  );
});
