import { setTimeout } from "node:timers/promises";
import { openRedis } from "@trainer/platform/redis";
import { startRedis } from "@trainer/testing";
import { expect, test } from "vitest";
import { isDue } from "./redis-interval.js";

test("what was done is not due until the interval is nearly over, or sooner for who has a reason", async () => {
  await using server = await startRedis();
  const redis = openRedis(server.url);
  const due = (freshMs?: number) => isDue(redis, "look", 1000, freshMs);
  expect([await due(), await due(), await due(500)]).toEqual([true, false, false]);
  await setTimeout(520);
  expect([await due(), await due(500), await due(500)]).toEqual([false, true, false]);
  await redis.pexpire("look", 90);
  expect(await due()).toBe(true);
  redis.disconnect();
});
