import { startRedis } from "@trainer/testing";
import { Queue, Worker } from "bullmq";
import { expect, test } from "vitest";
import { jobsOf, openJobIds, openJobs } from "./open-jobs.js";
import { openRedis } from "./open-redis.js";

test("the jobs of a queue that have not ended are read, however many, and none that has ended or is gone", async () => {
  await using server = await startRedis();
  const [redis, theirs] = [openRedis(server.url), openRedis(server.url)];
  const queue = new Queue("trainer", { connection: redis });
  const toKey = (type: string) => queue.toKey(type);
  expect(await openJobIds(redis, toKey)).toEqual([]);
  const worker = new Worker("trainer", null, { connection: theirs });
  for (const id of ["done", "begun"]) await queue.add("train", { of: id }, { jobId: id });
  await (await worker.getNextJob("token"))?.moveToCompleted("", "token", false);
  await worker.getNextJob("token");
  await queue.add("train", { of: "later" }, { jobId: "later", delay: 3_600_000 });
  await queue.add("train", { of: "urgent" }, { jobId: "urgent", priority: 1 });
  const many = Array.from({ length: 2500 }, (_, i) => ({
    name: "train",
    data: { of: `m${i}` },
    opts: { jobId: `m${i}` },
  }));
  await queue.addBulk(many);
  await redis.lpush(toKey("wait"), "gone");
  const found = new Map<string, string>();
  for await (const { id, name, data } of openJobs(redis, toKey)) {
    expect(name).toBe("train");
    found.set(id, data);
  }
  const expected = ["begun", "later", "urgent", ...many.map(({ data }) => data.of)];
  expect([...found.keys()].toSorted()).toEqual(expected.toSorted());
  expect([...found].every(([id, data]) => data === JSON.stringify({ of: id }))).toBe(true);

  await redis.set(toKey("odd"), "no hash");
  await expect(jobsOf(redis, toKey, ["odd"]).next()).rejects.toThrow("WRONGTYPE");
  await worker.close(true);
  await queue.close();
  redis.disconnect();
  theirs.disconnect();
});
