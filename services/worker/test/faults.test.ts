import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { keys, RunId } from "@trainer/platform";
import { listen, request, startSystem, USER, type System } from "@trainer/testing/system";
import { readManifest } from "@trainer/training";
import { runFolder } from "@trainer/training/files";
import { afterAll, beforeAll, expect, test, vi } from "vitest";

/** Everything ten times as fast as it is meant to be. */
const pace = { lock: 1000, stalled: 500, heartbeat: 300, silent: 1200, cancel: 100, presence: 300, reconcile: 1000 };

let system: System;
let whole: unknown;
/** A run of some seconds. */
const LONG = { num_epochs: 12 };

beforeAll(async () => {
  system = await startSystem();
  await using _worker = await system.startWorker({}, { pace });
  await system.train("whole", LONG);
  await system.ended("whole");
  await archived("whole");
  whole = await resultOf("whole");
});
afterAll(() => system[Symbol.asyncDispose]());

/** Result of a run: its last losses, to the bit. */
async function resultOf(runId: string) {
  const paths = [join(system.root, "archived", `${runId}.json`), join(system.root, "models", runId, "manifest.json")];
  const manifest = await readManifest(paths.find((path) => existsSync(path)) ?? "");
  if (manifest === null) throw new Error(`${runId} has no manifest`);
  const { status, loss, steps, best_val_loss, test_loss } = manifest;
  return { status, loss, steps, best_val_loss, test_loss };
}

/** Resolves once the run has reported that step, and there is a checkpoint. */
const atStep = (runId: string, step: number) =>
  system.until(runId, ({ training }) => (training?.step ?? 0) >= step && training?.checkpoint_step !== null);

const archived = (runId: string) => vi.waitUntil(() => existsSync(join(system.root, "archived", `${runId}.json`)));

/** Result of a run that must be completed. */
async function outcome(runId: string) {
  const { status, message } = await system.ended(runId);
  if (status !== "completed") throw new Error(`${runId} has failed: ${message}`);
  await archived(runId);
  return await resultOf(runId);
}

/** One started, one completed, and between them steps that only ever go up. */
function expectOneStory(events: Awaited<ReturnType<typeof listen>>) {
  const types = events.own.map(({ type }) => type);
  for (const once of ["trainer.job.started.v1", "trainer.metrics.config.v1", "trainer.job.completed.v1"]) {
    expect(types.filter((type) => type === once)).toEqual([once]);
  }
  const steps = events.own.flatMap((event) =>
    event.type === "trainer.metrics.progress.v1" && event.val_loss === undefined ? [event.step] : [],
  );
  expect(steps).toEqual([...new Set(steps)].sort((a, b) => a - b));
  const borders = events.own.flatMap((event) =>
    event.type === "trainer.metrics.progress.v1" && event.val_loss !== undefined ? [event.epoch] : [],
  );
  expect(borders.length).toBeGreaterThan(5); // it may stop early
  expect(borders).toEqual([...borders.keys()]);
}

test("a run whose process is killed again and again goes on each time, and ends as one that was not", async () => {
  await using worker = await system.startWorker({}, { pace });
  using events = await listen(system.redisServer.url, "killed");
  await system.train("killed", LONG);
  for (const step of [30, 90, 200]) {
    await atStep("killed", step);
    for (const pid of worker.children) process.kill(pid, "SIGKILL");
  }
  expect(await outcome("killed")).toEqual(whole);
  expectOneStory(events);
});

test("a run is given back by a worker that stops, and taken up by the next", async () => {
  using events = await listen(system.redisServer.url, "drained");
  await system.train("drained", LONG);
  const first = await system.startWorker({}, { pace });
  await atStep("drained", 60);
  await first.stop();
  expect(first.children).toEqual([]);
  expect(await system.runs.get("drained")).toMatchObject({ status: "queued", message: "waits for a worker to go on" });
  expect(await system.redis.smembers(keys.workers)).toEqual([]);
  expect(await resultOf("drained")).toMatchObject({ status: "interrupted" });
  await using _second = await system.startWorker({}, { pace });
  expect(await outcome("drained")).toEqual(whole);
  expectOneStory(events);
});

test("a worker that is told twice to stop waits for nothing, and nothing is lost by that", async () => {
  await system.train("hurried", LONG);
  const first = await system.startWorker({}, { pace });
  await atStep("hurried", 60);
  await Promise.all([first.stop(), first.stop()]);
  await using _second = await system.startWorker({}, { pace });
  expect(await outcome("hurried")).toEqual(whole);
});

test("of two workers with jobs for one run only one trains it", async () => {
  using events = await listen(system.redisServer.url, "wanted");
  await using first = await system.startWorker({}, { pace });
  await using second = await system.startWorker({}, { pace });
  await system.train("wanted", LONG);
  await atStep("wanted", 30);
  await system.add("trainer", "train", { run_id: RunId.parse("wanted"), user_id: USER, request: request(LONG) });
  await atStep("wanted", 60);
  expect(first.children.length + second.children.length).toBe(1);
  expect(await outcome("wanted")).toEqual(whole);
  expectOneStory(events);
});

test("a worker whose run was claimed by another stops at once and writes nothing more", async () => {
  await using worker = await system.startWorker({}, { pace });
  await system.train("claimed", LONG);
  await atStep("claimed", 30);
  await system.runs.claim("claimed");
  await vi.waitFor(() => expect(worker.children).toEqual([]));
  const log = () => readFileSync(join(system.root, "models", "claimed", "logs.jsonl"), "utf8");
  const before = [await system.redis.hgetall(keys.job("claimed")), log()];
  await worker.stop();
  expect([await system.redis.hgetall(keys.job("claimed")), log()]).toEqual(before);
  expect(before[0]).toMatchObject({ status: "processing" });
  await using _other = await system.startWorker({}, { pace }); // finds a run without a sign of life or a job
  expect(await outcome("claimed")).toEqual(whole);
});

test("a run is taken over though Redis has lost its data and its clock was set back since its last holder began", async () => {
  const turn = (Date.now() + 3_600_000) * 1000;
  const { path, lock } = runFolder(system.root, "set-back");
  mkdirSync(path, { recursive: true });
  writeFileSync(lock, JSON.stringify({ pid: 1, started: "1", host: "elsewhere", turn }));
  await using _worker = await system.startWorker({}, { pace });
  await system.train("set-back", LONG);
  expect(await outcome("set-back")).toEqual(whole);
  await expect(system.runs.heartbeat("set-back", turn)).rejects.toMatchObject({ code: "CONFLICT" });
});

test("a process that is stopped in the midst of a training is ended, and another goes on from the checkpoint", async () => {
  const log: string[] = [];
  await using worker = await system.startWorker(
    { logLevel: "info" },
    { pace: { ...pace, life: 2000 }, log: { write: (line) => log.push(line) } },
  );
  await system.train("stopped", LONG);
  await atStep("stopped", 10);
  const [pid] = worker.children;
  process.kill(Number(pid), "SIGSTOP");
  expect(await outcome("stopped")).toEqual(whole);
  expect(log.join("")).toContain("the process that trained the run gave no sign of life any more");
});

test("what makes its process crash each time fails in the end, with the signal's name", async () => {
  const module = join(system.root, "crash.mjs");
  writeFileSync(module, 'process.kill(process.pid, "SIGSEGV");');
  using events = await listen(system.redisServer.url, "crashing");
  await using _worker = await system.startWorker({}, { pace, child: { module, execArgv: [] } });
  await system.train("crashing");
  const message = "the process that trained the run was killed by SIGSEGV";
  expect(await system.ended("crashing")).toMatchObject({ status: "failed", message, error: message });
  expect(events.own.at(-1)).toMatchObject({ type: "trainer.job.failed.v1", error_kind: "system", message });
});
