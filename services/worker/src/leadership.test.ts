import { openRedis } from "@trainer/platform/redis";
import { startRedis } from "@trainer/testing";
import { expect, onTestFinished, test, vi } from "vitest";
import { Leadership } from "./leadership.js";

const LEASE_MS = 60_000;

test("one of two holds it, until it leaves it or looks no more, and the other does not ask before that may be", async () => {
  await using server = await startRedis();
  vi.useFakeTimers({ toFake: ["performance"] });
  onTestFinished(() => void vi.useRealTimers());
  const redis = openRedis(server.url);
  const leadership = (name: string) => new Leadership(redis, { key: "lead", name, ms: LEASE_MS });
  const [one, other] = [leadership("one"), leadership("other")];
  expect([await one.held(), await other.held(), await one.held()]).toEqual([true, false, true]);
  await redis.del("lead");
  expect(await other.held()).toBe(false); // it does not even look
  expect(await one.held()).toBe(true);
  vi.advanceTimersByTime(LEASE_MS);
  expect(await redis.pttl("lead")).toBeGreaterThan(0);
  await redis.del("lead"); // it has run out
  expect(await other.held()).toBe(true);
  expect(await one.held()).toBe(false);
  await one[Symbol.asyncDispose](); // of what is another's it lets go nothing
  expect(await redis.get("lead")).toBe("other");
  await other[Symbol.asyncDispose]();
  expect([await redis.get("lead"), await other.held()]).toEqual([null, false]);
  redis.disconnect();
});
