import { appendFileSync, mkdirSync } from "node:fs";
import { createServer, connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "@trainer/testing";
import { ask, startSystem } from "@trainer/testing/api";
import { expect, test } from "vitest";
import { AppError, GenerateResult, keys, TrainRequest } from "@trainer/platform";
import { explained } from "../src/redis-unavailable.js";

const BODY = { corpus_file_id: "f" };
const AWAY = { status: 503, headers: { "retry-after": "2" }, json: { code: "SERVICE_UNAVAILABLE" } };
/** The answer of every route that needs Redis. */
const PATHS = ["/runs", "/runs/r1", "/runs/r1/artifact", "/runs/r1/eval", "/runs/r1/score/x", "/tokenizers"];

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await sleep(20);
}

test("while Redis is away, all that needs it says so at once; when it is back, all goes on, and nothing is made up", async () => {
  await using system = await startSystem();
  expect((await system.ask("/runs/train", { body: BODY })).status).toBe(200);
  await system.server.kill();
  for (const path of PATHS) expect([path, await system.ask(path)]).toMatchObject([path, AWAY]);
  for (let i = 0; i < 5; i++) expect(await system.ask("/runs/train", { body: BODY })).toMatchObject(AWAY);
  const streamed = { body: { prompt_text: "a" }, headers: { accept: "text/event-stream" } };
  expect(await system.ask("/runs/r1/generate", streamed)).toMatchObject(AWAY);
  expect((await system.ask("/readyz")).json).toEqual({ status: "degraded", reason: "redis error" });
  expect(await system.ask("/healthz")).toMatchObject({ status: 200 });
  expect((await system.ask("/metrics")).text).not.toContain("api_queue_jobs{");
  expect(system.logs.join("")).toContain('"event":"redis_lost"');

  await system.server.start();
  await until(async () => (await system.ask("/runs")).status === 200);
  expect((await system.ask("/runs/train", { body: BODY })).status).toBe(200);
  expect((await system.ask("/runs")).json).toMatchObject({ runs: [{ status: "queued" }, { status: "queued" }] });
  expect(await system.trainer.getJobCounts("waiting")).toEqual({ waiting: 2 });
});

test("the API starts without Redis, and finds it when it comes", async () => {
  await using system = await startSystem();
  const port = await freePort();
  const early = await system.start({ redisUrl: `redis://127.0.0.1:${port}/0` });
  expect(await ask(`${early.url}/runs`)).toMatchObject({ status: 503 });
  const proxy = createServer((socket) => void socket.pipe(connect(system.server.port, "127.0.0.1")).pipe(socket));
  await new Promise<void>((resolve) => proxy.listen(port, "127.0.0.1", resolve));
  await until(async () => (await ask(`${early.url}/runs`)).status === 200);
  expect((await ask(`${early.url}/runs/train`, { body: BODY })).status).toBe(200);
  await early[Symbol.asyncDispose]();
  proxy.close();
});

test("a Redis that is there but answers nobody is given up, and taken up again", async () => {
  await using system = await startSystem();
  system.server.pause();
  for (const path of PATHS) expect([path, await system.ask(path)]).toMatchObject([path, AWAY]);
  expect(await system.ask("/runs/train", { body: BODY })).toMatchObject(AWAY);
  system.server.resume();
  await until(async () => (await system.ask("/runs")).status === 200);
});

test("a stream outlives a Redis that is away for a while", async () => {
  await using system = await startSystem();
  mkdirSync(`${system.root}/models/r1`, { recursive: true });
  const logs = `${system.root}/models/r1/logs.jsonl`;
  const { user_id: _, ...request } = TrainRequest.parse(BODY);
  await system.runs.create("r1", 0n, request);
  appendFileSync(logs, "a\n");
  const answer = await system.open("/runs/r1/logs/stream");
  let text = "";
  answer.setEncoding("utf8").on("data", (chunk) => (text += String(chunk)));
  await until(async () => text.includes("data: a"));
  await system.server.kill();
  appendFileSync(logs, "b\n");
  await until(async () => text.includes("data: b"));
  await system.server.start();
  appendFileSync(logs, "c\n");
  await until(async () => (await system.ask("/runs/r1")).status === 200);
  await system.runs.set("r1", { status: "failed" });
  await new Promise((over) => answer.once("end", over));
  expect(text.match(/data: \w/g)).toEqual(["data: a", "data: b", "data: c"]);
});

test("an answer is streamed to its end, also where Redis was away meanwhile", async () => {
  await using system = await startSystem();
  const headers = { accept: "text/event-stream" };
  const answer = await system.open("/runs/r1/generate", { body: { prompt_text: "a" }, headers });
  let text = "";
  answer.setEncoding("utf8").on("data", (chunk) => (text += String(chunk)));
  await until(async () => text.includes("request_id"));
  await system.server.kill();
  await sleep(1200); // the result is looked at once a second
  await system.server.start();
  await until(async () => (await system.ask("/runs")).status === 200);
  const id = /"request_id":"([^"]+)"/.exec(text)?.[1] ?? "";
  await system.results.generation("r1", id).set(GenerateResult.parse({ status: "completed", outputs: ["b"] }));
  await new Promise((over) => answer.once("end", over));
  expect(text.match(/event: \w+/g)).toEqual(["event: accepted", "event: result", "event: done"]);
});

test("what Redis itself refuses is told apart: what passes from what does not", async () => {
  await using system = await startSystem();
  await system.redis.set(keys.job("r1"), "no hash");
  expect(await system.ask("/runs/r1")).toMatchObject({ status: 500, json: { code: "INTERNAL_ERROR" } });
  const mine = new AppError("CONFLICT", "LOADING");
  expect(explained(mine)).toBe(mine);
  expect(explained("text")).toBe("text");
  for (const message of ["LOADING Redis is loading the dataset in memory", "READONLY You can't write"])
    expect(explained(new Error(message))).toMatchObject({ code: "SERVICE_UNAVAILABLE" });
});

test("a Redis that is full is 507, and works again when there is room", async () => {
  await using system = await startSystem();
  await system.redis.config("SET", "maxmemory", "1mb");
  for (const [path, body] of [
    ["/runs/r1/generate", { prompt_text: "a" }],
    ["/runs/r1/chat", { message: "a" }],
    ["/runs/train", { corpus_file_id: "a" }],
  ] as const)
    expect(await system.ask(path, { body })).toMatchObject({ status: 507, json: { code: "INSUFFICIENT_STORAGE" } });
  expect((await system.ask("/runs")).status).toBe(200);
  await system.redis.config("SET", "maxmemory", "0");
  expect((await system.ask("/runs/r1/generate", { body: { prompt_text: "a" } })).status).toBe(200);
});

test("a queue that is full takes nothing more, and nothing is left of what it refused", async () => {
  await using system = await startSystem({ queueLimit: 2 });
  const score = () => system.ask("/runs/r1/score", { body: { text: "a" } });
  expect([(await score()).status, (await score()).status]).toEqual([200, 200]);
  const before = await system.redis.dbsize();
  expect(await score()).toMatchObject({
    status: 429,
    json: {
      code: "RATE_LIMIT_EXCEEDED",
      message: "2 jobs wait already, and no more than 2 may (API__QUEUE_LIMIT): try again later",
    },
  });
  for (const [path, body] of [
    ["generate", { prompt_text: "a" }],
    ["chat", { message: "a" }],
  ] as const) {
    expect((await system.ask(`/runs/r1/${path}`, { body })).status).toBe(429);
  }
  expect(await system.redis.dbsize()).toBe(before);
});
