import { once } from "node:events";
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import { open, startSystem, type System } from "@trainer/testing/api";
import { createParser, type EventSourceMessage } from "eventsource-parser";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { MetricsHistory, TrainRequest } from "@trainer/platform";
import { FileLock, openHome } from "@trainer/training/files";
import { RunFiles } from "../src/services/run-files.js";
import { manifest } from "./manifest.js";

/** Clients that stream one run at once; ten thousand need a limit of as many open files, and some minutes. */
const CLIENTS = Number(process.env["SSE_CLIENTS"] ?? 500);

let system: System;
beforeAll(async () => void (system = await startSystem({ keepAliveMs: 50 })));
afterAll(() => system[Symbol.asyncDispose]());

const folder = (runId: string) => join(system.root, "models", runId);

/** A run that is under way, with lines in its log. */
async function newRun(runId: string, lines: readonly string[] = []): Promise<string> {
  const { user_id: _, ...request } = TrainRequest.parse({ corpus_file_id: "f" });
  await system.runs.create(runId, 0n, request);
  await system.runs.set(runId, { status: "running" });
  mkdirSync(folder(runId), { recursive: true });
  const logs = join(folder(runId), "logs.jsonl");
  write(logs, lines);
  return logs;
}

const write = (path: string, lines: readonly string[]) =>
  appendFileSync(path, lines.map((line) => `${line}\n`).join(""));
const numbered = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `{"n":${from + i},"é":"ü"}`);
const end = (runId: string) => system.runs.set(runId, { status: "completed" });

/** The events of an answer, as they come. */
async function* eventsIn(answer: IncomingMessage): AsyncGenerator<EventSourceMessage, void, undefined> {
  const ready: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (event) => ready.push(event) });
  for await (const chunk of answer.setEncoding("utf8")) {
    parser.feed(String(chunk));
    yield* ready.splice(0);
  }
}
const all = async (answer: IncomingMessage) => {
  const lines: string[] = [];
  for await (const { data } of eventsIn(answer)) lines.push(data);
  return lines;
};

test("the last lines of a log are given as they stand there", async () => {
  await newRun("logs", numbered(0, 300));
  const { text, headers } = await system.ask("/runs/logs/logs");
  expect(headers["content-type"]).toBe("text/plain; charset=utf-8");
  expect(text).toBe(`${numbered(100, 300).join("\n")}\n`);
  expect((await system.ask("/runs/logs/logs?tail=2")).text).toBe(`${numbered(298, 300).join("\n")}\n`);
  expect((await system.ask("/runs/logs/logs?tail=-5")).text).toBe(`${numbered(299, 300).join("\n")}\n`);
  expect(await system.ask("/runs/logs/logs?tail=many")).toMatchObject({
    status: 422,
    json: { message: "tail must be an integer" },
  });
  for (const path of ["/runs/none/logs", "/runs/none/logs/stream", "/runs/..%2f..%2fetc/logs"])
    expect(await system.ask(path)).toMatchObject({
      status: 404,
      json: { code: "DATA_NOT_FOUND", message: "logs not found" },
    });
});

test("the log of a run that has not begun is waited for; one that failed without any has none", async () => {
  const { user_id: _, ...request } = TrainRequest.parse({ corpus_file_id: "f" });
  await system.runs.create("early", 0n, request);
  expect((await system.ask("/runs/early/logs")).status).toBe(404);
  expect((await system.ask("/runs/early/logs/stream?follow=no")).status).toBe(404);
  const answer = await system.open("/runs/early/logs/stream");
  expect(answer.headers["content-type"]).toContain("text/event-stream");
  expect(String(await once(answer.setEncoding("utf8"), "data"))).toMatch(/^(: keep-alive\n\n)+$/);
  const lines = all(answer);
  mkdirSync(folder("early"), { recursive: true });
  write(join(folder("early"), "logs.jsonl"), numbered(0, 3));
  await end("early");
  expect(await lines).toEqual(numbered(0, 3));

  await system.runs.create("nothing", 0n, request);
  const silent = all(await system.open("/runs/nothing/logs/stream"));
  await system.runs.set("nothing", { status: "failed" });
  expect(await silent).toEqual([]);
  expect((await system.ask("/runs/nothing/logs/stream")).status).toBe(404);
});

test("a log that cannot be read is the service's failure", async () => {
  const files = new RunFiles({ home: openHome(system.root), records: system.runs });
  files.locate = async () => system.root; // a folder
  const last = { tail: 1, before: null, level: null, q: "" };
  await expect(files.tail("r1", last)).rejects.toMatchObject({
    code: "LOGS_READ_FAILED",
    message: "failed to read logs",
  });
});

test("a stream has the last lines, each new one once, signs of life, and ends with the run", async () => {
  const logs = await newRun("stream", numbered(0, 10));
  const answer = await system.open("/runs/stream/logs/stream?tail=3");
  expect(answer.headers).toMatchObject({
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache",
  });
  const events = eventsIn(answer);
  for (const line of numbered(7, 10)) expect((await events.next()).value).toMatchObject({ data: line });
  write(logs, numbered(10, 20));
  let raw = "";
  for await (const chunk of await system.open("/runs/stream/logs/stream")) {
    raw += String(chunk);
    if (raw.includes(": keep-alive\n\n")) break;
  }
  write(logs, numbered(20, 25));
  await end("stream");
  for (const line of numbered(10, 25)) expect((await events.next()).value).toMatchObject({ data: line });
  expect((await events.next()).done).toBe(true);
});

test("a client that was cut off goes on behind the event it had last", async () => {
  const logs = await newRun("again", numbered(0, 5));
  const first = await system.open("/runs/again/logs/stream");
  let last = "";
  for await (const { id, data } of eventsIn(first)) {
    last = String(id);
    if (data === numbered(2, 3)[0]) break;
  }
  write(logs, numbered(5, 8));
  await end("again");
  const headers = { "last-event-id": last };
  expect(await all(await system.open("/runs/again/logs/stream?tail=1", { headers }))).toEqual(numbered(3, 8));
  expect(await all(await system.open("/runs/again/logs/stream?tail=1", { headers: { "last-event-id": "x" } }))).toEqual(
    numbered(7, 8),
  );
});

test("who does not want to follow gets what there is", async () => {
  await newRun("now", numbered(0, 5));
  for (const word of ["false", "0", "No", "off"])
    expect(await all(await system.open(`/runs/now/logs/stream?tail=2&follow=${word}`))).toEqual(numbered(3, 5));
  expect(await system.ask("/runs/now/logs/stream?follow=perhaps")).toMatchObject({
    status: 422,
    json: { message: "follow must be a boolean" },
  });
});

test("a run that is trained without a service is followed until it is over, or its process is gone", async () => {
  mkdirSync(folder("own"), { recursive: true });
  const logs = join(folder("own"), "logs.jsonl");
  write(logs, numbered(0, 2));
  const stream = async () => await all(await system.open("/runs/own/logs/stream"));
  expect(await stream()).toEqual(numbered(0, 2));
  const path = join(folder("own"), "manifest.json");
  writeFileSync(path, JSON.stringify(manifest)); // it is running
  const held = new FileLock(join(folder("own"), "lock.json"), "own");
  const followed = stream();
  setTimeout(() => write(logs, numbered(2, 3)), 100);
  setTimeout(() => held[Symbol.dispose](), 200);
  expect(await followed).toEqual(numbered(0, 3));
  writeFileSync(path, JSON.stringify({ ...manifest, status: "completed" }));
  expect(await stream()).toEqual(numbered(0, 3));
});

const step = (n: number) => ({ step: n, epoch: 0, tokens: 8 * n, train_loss: 1 / n, train_ppl: 2, lr: 0.1 });
const rest = { grad_norm: 1, tokens_per_sec: 5, step_ms: 1, eta_seconds: 1, rss_bytes: 1 };
const evaluation = (n: number) => ({
  step: n,
  epoch: 0,
  tokens: 8 * n,
  split: "validation",
  loss: 1,
  ppl: 2,
  bits_per_byte: 3,
});
const rows = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => JSON.stringify({ ...step(from + i), ...rest }));

test("a run's history has all evaluations, and its steps thinned to what is asked for", async () => {
  await newRun("history");
  const path = "/runs/history/metrics";
  const empty = { run_id: "history", steps: [], evaluations: [], total_steps_logged: 0 };
  expect((await system.ask(path)).json).toEqual(empty);
  expect(await system.ask("/runs/none/metrics")).toMatchObject({ status: 404, json: { code: "RUN_NOT_FOUND" } });
  const file = join(folder("history"), "metrics.jsonl");
  write(file, [
    ...rows(1, 51),
    JSON.stringify(evaluation(50)),
    "damaged",
    ...rows(51, 101),
    JSON.stringify(evaluation(100)),
  ]);
  appendFileSync(file, '{"step":101,"epo');
  const history = async (points: number) => {
    const { json } = await system.ask(`${path}?points=${points}`);
    const { steps, evaluations, total_steps_logged: total } = MetricsHistory.parse(json);
    return { steps: steps.map(({ step }) => step), evaluations: evaluations.map(({ step }) => step), total };
  };
  expect(await history(5)).toEqual({ steps: [1, 26, 75, 100], evaluations: [50, 100], total: 101 });
  expect((await history(1)).steps).toEqual([100]);
  expect((await history(1000)).steps).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
});

test("metrics are streamed from the first on, also where the run has not begun", async () => {
  await newRun("metrics");
  const lines = system.open("/runs/metrics/metrics/stream").then(all);
  const { text } = await system.ask("/metrics");
  expect(text).toMatch(/api_streams \d/);
  write(join(folder("metrics"), "metrics.jsonl"), rows(1, 4));
  await end("metrics");
  expect(await lines).toEqual(rows(1, 4));
  expect(await all(await system.open("/runs/metrics/metrics/stream"))).toEqual(rows(1, 4));
  expect((await system.ask("/runs/none/metrics/stream")).status).toBe(404);
});

test("streams end when the service does, and the service with them", async () => {
  await newRun("closing", numbered(0, 1));
  const other = await system.start();
  const answer = await open(`${other.url}/runs/closing/logs/stream`);
  const lines = eventsIn(answer);
  await lines.next();
  const closed = other[Symbol.asyncDispose]();
  expect((await lines.next()).done).toBe(true);
  await closed;
});

test("a client has as many streams open as it may, and is told so before anything is asked for it", async () => {
  await newRun("shared", numbered(0, 1));
  await using api = await system.start({ streamsPerClient: 2 });
  const path = `${api.url}/runs/shared/logs/stream`;
  const first = await open(path);
  const second = await open(path);
  const refused = await open(path);
  expect([first, second, refused].map(({ statusCode }) => statusCode)).toEqual([200, 200, 429]);
  expect(refused.headers["retry-after"]).toBe("10");
  const body = (await refused.toArray()).join("");
  expect(body).toContain("you have 2 streams of events open, as many as a client may have: close one first");
  const accept = { accept: "text/event-stream" };
  const score = { method: "POST", headers: accept, body: JSON.stringify({ text: "a" }) };
  const before = await system.redis.dbsize();
  expect((await fetch(`${api.url}/runs/shared/score`, score)).status).toBe(429);
  expect(await system.redis.dbsize()).toBe(before);
  first.destroy();
  await vi.waitFor(async () => {
    const again = await open(path);
    again.destroy();
    expect(again.statusCode).toBe(200);
  });
  second.destroy();
});

test(
  `${CLIENTS} clients stream one run, come when they like and come back when cut off: none loses or doubles a line`,
  { timeout: 20 * 60_000 },
  async () => {
    const logs = await newRun("many", numbered(0, 50));
    await using api = await system.start({ keepAliveMs: 15_000, streamsPerClient: 0 }); // the ordinary one: its own is not what is tried here
    const TOTAL = 150;
    async function client(i: number, onBegin: () => void): Promise<string[]> {
      const got: string[] = [];
      let last: string | undefined;
      for (;;) {
        const headers = last === undefined ? {} : { "last-event-id": last };
        const answer = await open(`${api.url}/runs/many/logs/stream?tail=1000`, { headers });
        const cutAt = i % 10 === 0 && last === undefined ? 40 + (i % 7) : Infinity;
        for await (const { id, data } of eventsIn(answer)) {
          if (got.length === 0) onBegin();
          got.push(data);
          last = String(id);
          if (got.length === cutAt) break; // one in ten is cut off
        }
        if (got.length !== cutAt) return got;
      }
    }
    const clients: Promise<string[]>[] = [];
    const begun = Array.from(
      { length: CLIENTS },
      (_, i) => new Promise<void>((onBegin) => clients.push(client(i, onBegin))),
    );
    for (let n = 50; n < TOTAL; n += 10) {
      write(logs, numbered(n, n + 10));
      await new Promise((later) => setTimeout(later, 10));
    }
    await Promise.all(begun);
    await end("many");
    const whole = numbered(0, TOTAL).join();
    for (const lines of clients) expect((await lines).join()).toBe(whole);
  },
);
