import { once } from "node:events";
import { openRedis } from "@trainer/platform/redis";
import { startRedis } from "@trainer/testing";
import { newFailure, type Failure, type FailureClass } from "@trainer/training/files";
import { Queue, QueueEvents, Worker, type Job } from "bullmq";
import { expect, test } from "vitest";
import { WorkerConfig } from "../config.js";
import { timeoutMs, Work } from "./job.js";

const config = (retryMax: number, retryIntervalsSec = [0.01, 0.02]) =>
  WorkerConfig.parse({ redisUrl: "", artifactsRoot: "/", dataRoot: "/", retryMax, retryIntervalsSec });
const failure = (failureClass: FailureClass) => newFailure("JOB_FAILED", "away", failureClass);

/** Has a job fail until it is given up: after which seconds it was tried again each time. */
async function waits(url: string, failed: Failure, asked: WorkerConfig): Promise<number[]> {
  const [ours, theirs] = [openRedis(url), openRedis(url)];
  const queue = new Queue("tries", { connection: ours });
  const events = new QueueEvents("tries", { connection: openRedis(url) });
  await events.waitUntilReady();
  const told: number[] = [];
  const worker = new Worker(
    "tries",
    async (job, token) => {
      const work = new Work(job, String(token));
      const wait = work.retryAfter(failed, asked);
      if (wait === null) return work.fail(failed);
      told.push(wait);
      return await work.tryAgain(wait);
    },
    { connection: theirs },
  );
  const given = once(events, "failed");
  await queue.add("any", {});
  await given;
  await Promise.all([worker.close(), queue.close(), events.close()]);
  ours.disconnect();
  theirs.disconnect();
  return told;
}

test("what may pass is tried again as often as that was allowed, and not once more", async () => {
  await using redis = await startRedis();
  expect(await waits(redis.url, failure("TRANSIENT"), config(0))).toEqual([]);
  expect(await waits(redis.url, failure("TRANSIENT"), config(1))).toEqual([0.01]);
  expect(await waits(redis.url, failure("TRANSIENT"), config(3))).toEqual([0.01, 0.02, 0.02]); // the last one holds on
  expect(await waits(redis.url, failure("USER_INPUT"), config(3))).toEqual([]);
  expect(await waits(redis.url, failure("FATAL"), config(3))).toEqual([]);
});

test("what is tried again waits as many seconds as it was told to", async () => {
  await using redis = await startRedis();
  const started = performance.now();
  expect(await waits(redis.url, failure("TRANSIENT"), config(1, [0.5]))).toEqual([0.5]);
  expect(performance.now() - started).toBeGreaterThan(490);
});

test("a job may take as many seconds as it was given, or as long as a timer can run", () => {
  const given = { redisUrl: "", artifactsRoot: "/", dataRoot: "/" };
  expect(timeoutMs(WorkerConfig.parse({ ...given, jobTimeoutSec: 90 }))).toBe(90_000);
  expect(timeoutMs(WorkerConfig.parse({ ...given, jobTimeoutSec: 1e9 }))).toBe(2 ** 31 - 1);
});

test("a job that gets no further is not taken by one worker after the other for ever", async () => {
  await using redis = await startRedis();
  const connection = openRedis(redis.url);
  const queue = new Queue("takes", { connection });
  const take = async (job: Job, reached: number, times: number) => {
    let stuck: Failure | null = null;
    for (let i = 0; i < times; i++) stuck = await new Work(job, "").take(reached);
    return stuck?.message ?? null;
  };
  const lost = await queue.add("any", {});
  expect(await take(lost, 0, 10)).toBeNull();
  expect(await take(lost, 5, 10)).toBeNull(); // it had come further
  expect(await take(lost, 5, 1)).toMatch(/^it got no further while 10 workers were at it/);

  const crashing = await queue.add("any", {});
  const crash = (job: Job) => expect(new Work(job, "").giveBack(true)).rejects.toThrow(/job/i);
  expect(await take(crashing, 3, 1)).toBeNull();
  await crash(crashing);
  expect(await take(crashing, 4, 1)).toBeNull(); // it had come further
  await crash(crashing);
  expect(await take(crashing, 4, 1)).toBeNull();
  await crash(crashing);
  expect(await take(crashing, 4, 1)).toMatch(/2 of them by an error of their own/);
  await queue.close();
  connection.disconnect();
});
