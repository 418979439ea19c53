import { openRedis } from "@trainer/platform/redis";
import { startRedis } from "@trainer/testing";
import { expect, test } from "vitest";
import { withLock } from "./redis-lock.js";

test("of two who want a lock one has it, and lets go of it also where it fails", async () => {
  await using server = await startRedis();
  const redis = openRedis(server.url);
  const done: string[] = [];
  await withLock(redis, "lock", 60, async () => {
    await withLock(redis, "lock", 60, () => Promise.resolve(void done.push("second")));
    done.push("first");
  });
  await expect(withLock(redis, "lock", 60, () => Promise.reject(new Error("failed")))).rejects.toThrow("failed");
  expect([done, await redis.exists("lock")]).toEqual([["first"], 0]);
  redis.disconnect();
});

test("a lock that has run out meanwhile and is another's stays the other's", async () => {
  await using server = await startRedis();
  const redis = openRedis(server.url);
  await withLock(redis, "lock", 60, async () => void (await redis.set("lock", "another's")));
  expect(await redis.get("lock")).toBe("another's");
  redis.disconnect();
});
