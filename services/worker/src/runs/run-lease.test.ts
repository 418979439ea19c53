import { once } from "node:events";
import { TrainRequest } from "@trainer/platform";
import { openRedis, RunRecords } from "@trainer/platform/redis";
import { startRedis } from "@trainer/testing";
import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { PACE } from "../intervals.js";
import { RunLease, type TurnOptions } from "./run-lease.js";

let server: Awaited<ReturnType<typeof startRedis>>;
let redis: ReturnType<typeof openRedis>;
let runs: RunRecords;
beforeAll(async () => {
  server = await startRedis();
  redis = openRedis(server.url);
  runs = new RunRecords(redis);
});
beforeEach(async () => void (await redis.flushall()));
afterAll(async () => {
  redis.disconnect();
  await server[Symbol.asyncDispose]();
});

const USER = 1234567890123456789n;
const { user_id: _, ...request } = TrainRequest.parse({
  corpus_file_id: "abc",
  model_family: "llama",
  model_size: "tiny",
});
const CREATED = new Date("2026-01-02T03:04:05.678Z");
const pace = { ...PACE, heartbeat: 20, cancel: 20 };
const begin = (more: Partial<TurnOptions> = {}) =>
  RunLease.begin({
    runs,
    runId: "r",
    userId: USER,
    request,
    log: pino({ level: "silent" }),
    pace,
    closed: new AbortController().signal,
    ...more,
  });
const heartbeat = async () => (await runs.get("r"))?.heartbeat ?? null;

test("while a worker has a run it says that it lives, and after that no more", async () => {
  await runs.create("r", USER, request, CREATED);
  const lease = await begin();
  expect(lease.before).toMatchObject({ status: "queued", message: "queued" });
  await vi.waitFor(async () => expect(await heartbeat()).not.toBeNull());
  const first = await heartbeat();
  await vi.waitFor(async () => expect(await heartbeat()).toBeGreaterThan(Number(first)));
  await lease[Symbol.asyncDispose]();
  const last = await vi.waitFor(async () => {
    const [one, other] = [await heartbeat(), await new Promise((done) => setTimeout(done, 60)).then(heartbeat)];
    expect(other).toBe(one); // one may have been under way
    return one;
  });
  expect(last).not.toBeNull();
});

test("writes go through in order; once another worker has the run it is lost, and nothing is written for it", async () => {
  await runs.create("r", USER, request, CREATED);
  await using lease = await begin();
  lease.push({ status: "running", progress: 10, message: "training" }, [], { passing: true });
  await lease.write({ progress: 20 });
  expect(await runs.get("r")).toMatchObject({ status: "running", progress: 20, message: "training" });
  expect(lease.lost.aborted).toBe(false);
  const lost = once(lease.lost, "abort");
  await using other = await begin();
  await lost; // by the sign of life that it could not give
  expect(other.fence).toBeGreaterThan(lease.fence);
  expect(other.before).toMatchObject({ status: "running", progress: 20 });
  lease.push({ progress: 30 }, [], { passing: false });
  await other.write({ message: "the other's" });
  expect(await runs.get("r")).toMatchObject({ progress: 20, message: "the other's" });
  expect(other.lost.aborted).toBe(false);
});

test("a write that comes too late tells that the run is lost", async () => {
  await runs.create("r", USER, request, CREATED);
  await using lease = await begin({ pace: { ...pace, heartbeat: 60_000 } });
  await vi.waitFor(async () => expect(await heartbeat()).not.toBeNull());
  await using _other = await begin({ pace: { ...pace, heartbeat: 60_000 } });
  expect(lease.lost.aborted).toBe(false);
  await lease.write({ progress: 30 });
  expect(lease.lost.aborted).toBe(true);
  expect((await runs.get("r"))?.progress).toBe(0);
});

test("a claim is later than that of the run's last holder, which its folder knows of", async () => {
  const ahead = (Date.now() + 3_600_000) * 1000;
  await using lease = await begin({ lastFence: ahead });
  expect(lease.fence).toBe(ahead + 1);
});

test("the wish to stop a run is seen", async () => {
  await runs.create("r", USER, request, CREATED);
  await using lease = await begin();
  await lease.checkCancelled();
  expect(lease.cancelled.aborted).toBe(false);
  await runs.requestCancel("r");
  await once(lease.cancelled, "abort"); // by itself
  await using asking = await begin({ pace: { ...pace, cancel: 60_000 } });
  await asking.checkCancelled();
  expect(asking.cancelled.aborted).toBe(true);
});

test("what Redis has lost of a run is put back as it was when the worker began", async () => {
  await runs.create("r", USER, request, CREATED);
  const training = {
    step: 5,
    total_steps: 10,
    epoch: 0,
    total_epochs: 1,
    train_loss: 2.5,
    lr: 1e-3,
    grad_norm: 1,
    tokens_per_sec: 100,
    eta_seconds: 7,
    val_loss: null,
    best_val_loss: null,
    test_loss: null,
    checkpoint_step: null,
    rss_bytes: 1e9,
  };
  await runs.set("r", { status: "running", training });
  await using _turn = await begin();
  await vi.waitFor(async () => expect(await heartbeat()).not.toBeNull());
  await redis.flushall();
  await vi.waitFor(async () => expect(await runs.get("r")).not.toBeNull());
  expect(await runs.get("r")).toMatchObject({
    userId: USER,
    status: "running",
    message: "training",
    createdAt: "2026-01-02T03:04:05.678",
    error: null,
    artifactFileId: null,
    modelFamily: "llama",
    modelSize: "tiny",
    request,
    training,
  });
  expect((await runs.get("r"))?.progress).toBeGreaterThan(0);
});

test("a lease that ends while its heartbeat is under way puts nothing back", async () => {
  const own = new RunRecords(redis);
  const lease = await begin({ runs: own });
  let answer: (record: null) => void = () => {};
  const get = vi.spyOn(own, "get").mockImplementation(() => new Promise((resolve) => (answer = resolve)));
  await vi.waitUntil(() => get.mock.calls.length > 0);
  await lease[Symbol.asyncDispose]();
  answer(null); // Redis has lost it
  await new Promise(setImmediate);
  expect(await runs.get("r")).toBeNull();
});

test("a record that cannot be read is written anew", async () => {
  await runs.create("r", USER, request, CREATED);
  await redis.hset("trainer:job:r", "status", "odd");
  await using lease = await begin();
  expect(lease.before).toBeNull();
  await vi.waitFor(async () => expect(await runs.get("r").catch(() => null)).toMatchObject({ status: "running" }));
  expect((await runs.get("r"))?.createdAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}$/);
});

test("when nothing can be written any more, what waits to be written does not hold up the end", async () => {
  await using away = await startRedis();
  const own = openRedis(away.url);
  own.on("error", () => {});
  const closed = new AbortController();
  const lines: string[] = [];
  const log = pino({ level: "warn" }, { write: (line: string) => void lines.push(line) });
  await using lease = await begin({ runs: new RunRecords(own), closed: closed.signal, log });
  own.options.commandTimeout = 50;
  await away.kill();
  const written = lease.write({ status: "failed" });
  await vi.waitFor(() => expect(lines).not.toHaveLength(0));
  await new Promise((passed) => setTimeout(passed, 150)); // signs of life fail meanwhile, which makes nothing another's
  expect(lease.lost.aborted).toBe(false);
  closed.abort();
  await expect(written).resolves.toBeUndefined(); // given up
  expect(lines.join("")).toContain('"event":"redis_write_failed","reason":"Error');
  own.disconnect();
});
