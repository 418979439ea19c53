import { containing, freePort, scratchPath, startRedis } from "@trainer/testing";
import { Redis } from "ioredis";
import { expect, test } from "vitest";
import type { Interruptible } from "../src/process/interrupts.js";
import { run } from "../src/program.js";
import { commandLine } from "./command-line.js";
import { testIo } from "./screen.js";
import { running, until } from "./serving.js";

const home = scratchPath("cli-worker");
const { trainer } = commandLine(() => home);

test("worker is among the workers until it is stopped, and says by what it goes", async () => {
  await using server = await startRedis();
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
});

test("a stop that comes while it starts, and settings for a file service, are heeded", async () => {
  await using server = await startRedis();
  const env = { REDIS_URL: server.url, APP__ARTIFACTS_ROOT: home, APP__DATA_BANK_API_URL: "http://127.0.0.1:1" };
  const interruptible: Interruptible = (body) => body(AbortSignal.abort());
  const port = String(await freePort());
  const io = testIo({ env: { ...env, WORKER__METRICS_PORT: port, BIND_HOST: "127.0.0.1" }, cwd: home });
  expect(await run(["worker", "--json"], { ...io, interruptible })).toBe(0);
  expect(JSON.parse(io.stdout.text)).toMatchObject({ metrics: `http://127.0.0.1:${port}/metrics` });
});

test("a Redis that is not there is named", async () => {
  const { code, stderr } = await trainer(["worker"], { cwd: home, env: { REDIS_URL: "redis://127.0.0.1:1/0" } });
  expect([code, stderr]).toEqual([
    1,
    containing("the Redis at redis://127.0.0.1:1/0 cannot be used (connect ECONNREFUSED"),
  ]);
});
