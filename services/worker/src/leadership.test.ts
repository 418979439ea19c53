import { setTimeout } from "node:timers/promises";
import { openRedis } from "@trainer/platform/redis";
import { startRedis } from "@trainer/testing";
import { expect, test } from "vitest";
import { Leadership } from "./leadership.js";

test("one of two holds it, until it leaves it or looks no more, and the other does not ask before that may be", async () => {
  await using server = await startRedis();
  const redis = openRedis(server.url);
  const leadership = (name: string) => new Leadership(redis, { key: "lead", name, ms: 300 });
  const [one, other] = [leadership("one"), leadership("other")];
  expect([await one.held(), await other.held(), await one.held()]).toEqual([true, false, true]);
  await redis.del("lead");
  expect(await other.held()).toBe(false); // it does not even look
  expect(await one.held()).toBe(true);
  await setTimeout(320);
  expect(await other.held()).toBe(true);
  expect(await one.held()).toBe(false);
  await one[Symbol.asyncDispose](); // of what is another's it lets go nothing
  expect(await redis.get("lead")).toBe("other");
  await other[Symbol.asyncDispose]();
  expect([await redis.get("lead"), await other.held()]).toEqual([null, false]);
  redis.disconnect();
});
