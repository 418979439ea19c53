import { jobData, keys, RunId, TrainRequest } from "@trainer/platform";
import { openRedis, RunRecords } from "@trainer/platform/redis";
import { startRedis } from "@trainer/testing";
import { Queue, Worker } from "bullmq";
import { expect, test, vi } from "vitest";
import { CancelQueued } from "./cancel-queued.js";

const USER = 1234567890123456789n;
const { user_id: _, ...request } = TrainRequest.parse({ corpus_file_id: "abc" });

test("runs that are to be stopped are taken out of the queue, those that wait for a second try too, and no others", async () => {
  await using server = await startRedis();
  const [redis, theirs] = [openRedis(server.url), openRedis(server.url)];
  const runs = new RunRecords(redis);
  const queue = new Queue("trainer", { connection: redis });
  const add = async (id: string, options = {}) => {
    const data = jobData({ run_id: RunId.parse(id), user_id: USER, request });
    await queue.add("train", data, { jobId: `job-${id}`, ...options });
  };
  const queued = new CancelQueued({ redis, queue, runs });
  const taken = async () => (await queued.take()).map(({ runId }) => runId);
  expect(await taken()).toEqual([]);

  for (const id of ["a", "b"]) await add(id);
  await add("c", { delay: 3_600_000 });
  await queue.add("tokenizer", { tokenizer_id: "a" });
  await queue.add("train", { run_id: 5 });
  expect(await taken()).toEqual([]);

  await runs.create("unread", USER, request);
  await queue.add("train", { run_id: 5 }, { jobId: "unread" });
  await runs.requestCancel("unread");
  expect(await taken()).toEqual([]);
  expect(await queue.remove("unread")).toBe(1);

  await runs.requestCancel("b");
  expect(await queued.take()).toEqual([{ runId: "b", userId: USER, request }]);
  await runs.requestCancel("c");
  await add("d");
  await runs.requestCancel("d");
  expect((await taken()).toSorted()).toEqual(["c", "d"]);
  expect(await taken()).toEqual([]);
  const left = (await queue.getJobs()).map(({ id, name }) => (id === "job-a" ? "a" : name));
  expect(left).toHaveLength(3);
  expect(new Set(left)).toEqual(new Set(["a", "tokenizer", "train"]));

  await runs.requestCancel("a");
  const worker = new Worker("trainer", null, { connection: theirs });
  const begun = await worker.getNextJob("token");
  expect(begun?.id).toBe("job-a"); // one that has begun sees it itself
  expect(await taken()).toEqual([]);
  await worker.close(true);
  await queue.close();
  redis.disconnect();
  theirs.disconnect();
});

test("a long queue is looked through a portion at a time, by flags that others set; who asked for a stop here does not wait for that", async () => {
  await using server = await startRedis();
  const redis = openRedis(server.url);
  const runs = new RunRecords(redis);
  const queue = new Queue("trainer", { connection: redis });
  const ids = Array.from({ length: 7 }, (_, i) => RunId.parse(`r${i}`));
  for (const id of ids) {
    await runs.create(id, USER, request);
    await queue.add("train", jobData({ run_id: id, user_id: USER, request }), { jobId: id === "r5" ? "other" : id });
  }
  const queued = new CancelQueued({ redis, queue, runs, portion: 3 });
  const taken = async () => (await queued.take()).map(({ runId }) => runId);
  await runs.requestCancel("r0"); // the oldest is the last that a look comes to
  expect(await taken()).toEqual(["r0"]);
  for (const id of ["r1", "r5"]) await redis.set(keys.cancelled(id), "1"); // as others do
  const found: string[] = [];
  for (let look = 0; look < 3; look++) found.push(...(await taken()));
  expect(found.toSorted()).toEqual(["r1", "r5"]);

  for (let look = 0; look < 6; look++) expect(await taken()).toEqual([]); // what moved up meanwhile is come to
  const asked = vi.spyOn(redis, "pipeline");
  for (let look = 0; look < 3; look++) expect(await taken()).toEqual([]);
  expect(asked).not.toHaveBeenCalled(); // what a job is for is known by now
  await runs.clearCancel("r0");
  expect(await redis.exists(keys.stopping)).toBe(0);

  await runs.requestCancel("r2");
  await redis.del(keys.cancelled("r2")); // somebody thought better of it
  expect(await taken()).toEqual([]);
  expect(await redis.exists(keys.stopping)).toBe(0);
  await queue.close();
  redis.disconnect();
});
