import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { RunRecords, openRedis } from "@trainer/platform/redis";
import { type RedisServer, scratchPath, startRedis } from "@trainer/testing";
import { openHome, runFolder } from "@trainer/training/files";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RunFiles } from "./run-files.js";

let server: RedisServer;
let redis: ReturnType<typeof openRedis>;
beforeAll(async () => {
  server = await startRedis();
  redis = openRedis(server.url);
});
afterAll(async () => {
  redis.disconnect();
  await server[Symbol.asyncDispose]();
});

/** Files of which each is moved right after it was found for the first time, as a cleanup may do it. */
class Moving extends RunFiles {
  times = 0;
  override async locate(kind: "logs" | "metrics", runId: string): Promise<string | null> {
    const path = await super.locate(kind, runId);
    this.times += 1;
    return this.times === 1 ? `${path}.moved` : path;
  }
}

test("a log and metrics that a cleanup moves while they are asked for are read where they are then", async () => {
  const home = openHome(scratchPath("run-files"));
  const { logs } = runFolder(home.root, "r");
  mkdirSync(dirname(logs), { recursive: true });
  writeFileSync(logs, "a\nb\n");
  const moving = () => new Moving({ home, records: new RunRecords(redis) });
  const last = { tail: 1, before: null, level: null, q: "" };
  expect(await moving().tail("r", last)).toEqual({ text: "b\n", start: 2 });
  const row = { split: "test", step: 1, epoch: 0, tokens: 1, loss: 1, ppl: 1, bits_per_byte: 1 };
  writeFileSync(logs.replace("logs", "metrics"), `${JSON.stringify(row)}\n`);
  expect((await moving().history("r", { points: 10, from: null, to: null })).evaluations).toEqual([row]);
  rmSync(logs);
  await expect(moving().tail("r", last)).rejects.toMatchObject({ code: "DATA_NOT_FOUND" });
});
