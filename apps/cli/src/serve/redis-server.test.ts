import { EventEmitter, once } from "node:events";
import { statSync } from "node:fs";
import { join } from "node:path";
import { scratchPath } from "@trainer/testing";
import { Redis } from "ioredis";
import { expect, test } from "vitest";
import { z } from "zod";
import { startPart } from "./part.js";
import { findRedisServer, redisPart } from "./redis-server.js";

const hooks = {
  pace: { firstMs: 1, longestMs: 1, settledMs: 1, lifeMs: 60_000 },
  log: { write() {} },
  up() {},
  down() {},
};

test.each([
  ["false", "it ended with code 1"],
  ["no-such-program", "ENOENT"],
])("a server that does not come up (%s) is not waited for", async (program, why) => {
  const plan = { program, home: scratchPath("redis"), password: "p", env: { PATH: process.env["PATH"] } };
  await expect(startPart(await redisPart(plan), hooks, new AbortController().signal)).rejects.toThrow(why);
});

test("a server that hangs is ended, and another goes on with what it had kept", async () => {
  const { env } = process;
  const plan = { program: await findRedisServer(env, () => {}), home: scratchPath("redis"), password: "p", env };
  const spec = await redisPart(plan);
  const events = new EventEmitter();
  const whys: string[] = [];
  const up = () => events.emit("up");
  const down = (_: string, why: string) => whys.push(why);
  const pace = { ...hooks.pace, lifeMs: 500 };
  const signal = new AbortController().signal;
  const part = await startPart(spec, { ...hooks, up, down, pace }, signal);
  const again = once(events, "up");
  process.kill(Number(part.place.pid), "SIGSTOP");
  await again;
  await expect(spec.ask?.(part.place)).resolves.toBeUndefined();
  await part.stop(signal);
  expect(whys).toEqual(["it gave no sign of life any more, and was ended"]);
});

test.each([
  ["a socket that its user alone can reach", "home", 0o700, /^redis:\/\/:p@socket\.invalid\/0\?path=.*redis\.sock$/],
  ["a port, where the path is too long for a socket", "h".repeat(100), 0, /^redis:\/\/:p@127\.0\.0\.1:\d+\/0$/],
])("it listens on %s", async (_, name, socket, url) => {
  const { env } = process;
  const home = join(scratchPath("redis"), `${name} with spaces & more`);
  const spec = await redisPart({ program: await findRedisServer(env, () => {}), home, password: "p", env });
  const signal = new AbortController().signal;
  const part = await startPart(spec, hooks, signal);
  expect(part.place.url).toMatch(url);
  const redis = new Redis(String(part.place.url));
  const [, port] = z.array(z.string()).parse(await redis.config("GET", "port"));
  await redis.quit();
  const mode = (file: string) => Number(statSync(join(home, file), { throwIfNoEntry: false })?.mode) & 0o777;
  const found = { port, folder: mode("redis"), socket: mode("redis/redis.sock") };
  expect(found).toEqual({ port: new URL(String(part.place.url)).port || "0", folder: 0o700, socket });
  await part.stop(signal);
});
