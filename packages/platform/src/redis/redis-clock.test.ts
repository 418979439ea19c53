import { startRedis } from "@trainer/testing";
import { expect, test } from "vitest";
import { openRedis } from "./open-redis.js";
import { clockProblem, redisTime } from "./redis-clock.js";

test("a clock that is off Redis's is said to be, by how much and which way", async () => {
  await using server = await startRedis();
  const redis = openRedis(server.url);
  const at = (offSeconds: number) => clockProblem(redis, () => Date.now() + offSeconds * 1000);
  expect(Math.abs((await redisTime(redis)) - Date.now())).toBeLessThan(2000);
  expect(await clockProblem(redis)).toBeNull();
  expect([await at(20), await at(-20)]).toEqual([null, null]);
  expect(await at(86_400)).toMatch(
    /^this machine's clock is 8640\d s ahead of that of Redis's machine: have both set by/,
  );
  expect(await at(-3600)).toMatch(/^this machine's clock is (3600|3599|3601) s behind that of Redis's machine/);
  redis.disconnect();
});
