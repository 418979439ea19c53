import { existsSync } from "node:fs";
import { join } from "node:path";
import { dataBankConfig, startDataBank } from "@trainer/data-bank";
import { freePort, scratchPath, startRedis } from "@trainer/testing";
import { Redis } from "ioredis";
import { expect, test, vi } from "vitest";
import type { WorkerInput } from "../src/config.js";
import { startWorker } from "../src/start.js";

const FULL = /^Redis does not take note of this worker \(.*EXECABORT.*\): it may be full \(maxmemory\)/;

const start = (input: Pick<WorkerInput, "redisUrl"> & Partial<WorkerInput>) => {
  const home = scratchPath("worker");
  return startWorker({ artifactsRoot: home, dataRoot: home, ...input }, { log: { write: () => {} } });
};

test("a home that takes nothing is refused, and one for fetched texts where there is a file service", async () => {
  const redisUrl = "redis://127.0.0.1:1/0"; // nobody asks it
  await expect(start({ redisUrl, artifactsRoot: "/proc/none" })).rejects.toThrow("which APP__ARTIFACTS_ROOT names");
  const dataBank = { url: "http://127.0.0.1:1" };
  await expect(start({ redisUrl, dataRoot: "/proc/none", dataBank })).rejects.toThrow("which APP__DATA_ROOT names");
});

test("a key that the file service does not take is refused before anything is made", async () => {
  const keys = { API_UPLOAD_KEYS: "right", PORT: "0", DATA_ROOT: scratchPath("files") };
  await using bank = await startDataBank(dataBankConfig(keys), { log: { write: () => {} } });
  const home = join(scratchPath("worker"), "home");
  const refused = (apiKey: string) =>
    start({ redisUrl: "redis://127.0.0.1:1/0", artifactsRoot: home, dataBank: { url: bank.url, apiKey } });
  await expect(refused("")).rejects.toThrow(`the file service at ${bank.url} wants a key: set APP__DATA_BANK_API_KEY`);
  await expect(refused("wrong")).rejects.toThrow(`the file service at ${bank.url} does not take the key`);
  expect(existsSync(home)).toBe(false);
});

test("a Redis that takes no writes ends the start, and leaves nothing that would keep the process alive", async () => {
  await using server = await startRedis();
  const redis = new Redis(server.url);
  await redis.config("SET", "maxmemory", "1");
  const connections = async () =>
    String(await redis.client("LIST"))
      .trim()
      .split("\n").length;
  const metricsPort = await freePort();
  await expect(start({ redisUrl: server.url, metricsPort })).rejects.toThrow(FULL);
  await expect(start({ redisUrl: server.url })).rejects.toThrow(FULL);
  await vi.waitFor(async () => expect(await connections()).toBe(1));
  await expect(fetch(`http://127.0.0.1:${metricsPort}/metrics`)).rejects.toThrow("fetch failed");
  redis.disconnect();
});
