import { Redis } from "ioredis";
import { expect, test } from "vitest";
import { scratch } from "../../../test/scratch.js";
import type { Interruptible } from "../src/interrupts.js";
import { run } from "../src/program.js";
import { freePort } from "../src/serve/ports.js";
import { startPart } from "../src/serve/part.js";
import { redisPart } from "../src/serve/redis-server.js";
import { commandLine } from "./command-line.js";
import { containing } from "./matching.js";
import { testIo } from "./screen.js";
import { running, until } from "./serving.js";

const home = scratch("cli-worker");
const { trainer } = commandLine(() => home);

async function redisServer() {
  const plan = { program: "redis-server", home, port: await freePort(), password: "s3cret", env: process.env };
  const hooks = { pace: { firstMs: 1, longestMs: 1, settledMs: 1 }, log: { write() {} }, up() {}, down() {} };
  const part = await startPart(redisPart(plan), hooks, new AbortController().signal);
  return { url: String(part.place.url), [Symbol.asyncDispose]: () => part.stop(new AbortController().signal) };
}

test("worker is among the workers until it is stopped, and says by what it goes", async () => {
  await using server = await redisServer();
  const env = { REDIS_URL: server.url, APP__ARTIFACTS_ROOT: home, APP__DATA_ROOT: home };
  const { io, ended, interrupt } = await running(["worker"], env, home, /^data /m);
  expect(io.stdout.text).toMatch(/^redis +redis:\/\/127\.0\.0\.1:\d+\/0\nartifacts +\/.*\ndata +\/.*\n$/);
  await using redis = Object.assign(new Redis(server.url), {
    async [Symbol.asyncDispose]() {
      await redis.quit();
    },
  });
  expect(await redis.scard("rq:workers")).toBe(1);
  interrupt();
  await until(() => io.stderr.text.includes("worker_stopping"));
  interrupt(); // once more: at once
  expect(await ended).toBe(0);
  expect(await redis.scard("rq:workers")).toBe(0);
  expect(io.stdout.text + io.stderr.text).not.toContain("s3cret");
});

test("a stop that comes while it starts, and settings for a file service, are heeded", async () => {
  await using server = await redisServer();
  const env = { REDIS_URL: server.url, APP__ARTIFACTS_ROOT: home, APP__DATA_BANK_API_URL: "http://127.0.0.1:1" };
  const interruptible: Interruptible = (body) => body(AbortSignal.abort());
  expect(await run(["worker", "--json"], { ...testIo({ env, cwd: home }), interruptible })).toBe(0);
});

test("a Redis that is not there is named", async () => {
  const { code, stderr } = await trainer(["worker"], { cwd: home, env: { REDIS_URL: "redis://127.0.0.1:1/0" } });
  expect([code, stderr]).toEqual([
    1,
    containing("the Redis at redis://127.0.0.1:1/0 cannot be used (connect ECONNREFUSED"),
  ]);
});
