import { jobData, RunId, TrainRequest } from "@trainer/platform";
import { openRedis, RunRecords } from "@trainer/platform/redis";
import { startRedis } from "@trainer/testing";
import { Queue, Worker } from "bullmq";
import { expect, test } from "vitest";
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
  const queued = new CancelQueued(redis, queue);
  const taken = async () => (await queued.take()).map(({ runId }) => runId);
  expect(await taken()).toEqual([]);

  for (const id of ["a", "b"]) await add(id);
  await add("c", { delay: 3_600_000 });
  await queue.add("tokenizer", { tokenizer_id: "a" });
  await queue.add("train", { run_id: 5 });
  expect(await taken()).toEqual([]);

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
