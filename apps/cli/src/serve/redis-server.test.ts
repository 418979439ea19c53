import { expect, test } from "vitest";
import { scratch } from "../../../../test/scratch.js";
import { startPart } from "./part.js";
import { redisPart } from "./redis-server.js";

const hooks = {
  pace: { firstMs: 1, longestMs: 1, settledMs: 1 },
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
