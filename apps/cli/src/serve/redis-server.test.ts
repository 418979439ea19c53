import { EventEmitter, once } from "node:events";
import { expect, test } from "vitest";
import { scratch } from "../../../../test/scratch.js";
import { startPart } from "./part.js";
import { freePort } from "./ports.js";
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
  const plan = { program, home: scratch("redis"), port: 1, password: "p", env: { PATH: process.env["PATH"] } };
  await expect(startPart(redisPart(plan), hooks, new AbortController().signal)).rejects.toThrow(why);
});

test("a server that hangs is ended, and another goes on with what it had kept", async () => {
  const { env } = process;
  const plan = { program: await findRedisServer(env, () => {}), home: scratch("redis"), password: "p", env };
  const spec = redisPart({ ...plan, port: await freePort() });
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
