import { openRedis } from "@trainer/platform/redis";
import { startRedis } from "@trainer/testing";
import { expect, test } from "vitest";
import { isDue } from "./redis-interval.js";

test("what was done is not due until the interval is nearly over, or sooner for who has a reason", async () => {
  await using server = await startRedis();
  const redis = openRedis(server.url);
  const due = (freshMs?: number) => isDue(redis, "look", 100_000, freshMs);
  expect([await due(), await due(), await due(50_000)]).toEqual([true, false, false]);
  await redis.pexpire("look", 49_000);
  expect([await due(), await due(50_000), await due(50_000)]).toEqual([false, true, false]);
  await redis.pexpire("look", 9000);
  expect(await due()).toBe(true);
  redis.disconnect();
});
