import { appendFileSync, renameSync, truncateSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { get } from "node:http";
import { join } from "node:path";
import { scratchPath } from "@trainer/testing";
import { fastify } from "fastify";
import { assert, asyncProperty, array, integer, string } from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { lastLines } from "./lines.js";
import { sendEvents, type SendOptions } from "./send-events.js";
import { Tails, type Follow } from "./tails.js";

let path: string;
let over: boolean;
let looks: number;
let tails: Tails;
beforeEach(() => {
  path = join(scratchPath("tail"), "logs.jsonl");
  over = false;
  looks = 0;
  tails = new Tails(5);
});
const running: AbortController[] = [];
const streams: AsyncGenerator<Buffer>[] = [];
afterEach(async () => {
  running.splice(0).forEach((each) => each.abort());
  for (const each of streams.splice(0)) await each.return(undefined); // nothing of it is looked at in the next test
});

const source = { path: async () => path, isOver: async () => (looks++, over) };

/** Resolves once the file was looked at, all of it since now. */
async function looked(): Promise<void> {
  const before = looks;
  await vi.waitUntil(() => looks >= before + 2, { interval: 1 });
}

/** Aborted when the test is over. */
function stopped(): AbortSignal {
  const stop = new AbortController();
  running.push(stop);
  return stop.signal;
}

function follow(from: Follow["from"], more: Partial<Follow> = {}) {
  const frames = tails.follow("run", { ...source, from, signal: stopped(), ...more });
  streams.push(frames);
  return frames;
}

const dataIn = (frames: string) => [...frames.matchAll(/^data: (.*)$/gm)].map(([, line]) => line);

/** The first `count` lines that come. */
async function take(frames: AsyncGenerator<Buffer>, count: number): Promise<(string | undefined)[]> {
  const lines: (string | undefined)[] = [];
  while (lines.length < count) lines.push(...dataIn(String((await frames.next()).value)));
  return lines;
}

/** All lines, to the end of the stream. */
async function all(frames: AsyncIterable<Buffer>): Promise<(string | undefined)[]> {
  const lines: (string | undefined)[] = [];
  for await (const frame of frames) lines.push(...dataIn(String(frame)));
  return lines;
}

test("the last lines come first, then each new one once, and the end when no more will come", async () => {
  writeFileSync(path, "a\nb\nc\nhalf");
  const frames = follow({ last: 2 });
  expect(await take(frames, 2)).toEqual(["b", "c"]);
  appendFileSync(path, " line\nd\n");
  expect(await take(frames, 2)).toEqual(["half line", "d"]);
  appendFileSync(path, "last\n");
  over = true;
  expect(await all(frames)).toEqual(["last"]);
  expect(tails.followers).toBe(0);
});

test("nothing is looked at for somebody who has gone", async () => {
  const stop = new AbortController();
  const next = follow({ last: 1 }, { signal: stop.signal }).next();
  await looked();
  stop.abort();
  await expect(next).rejects.toMatchObject({ name: "AbortError" });
  const before = looks;
  await new Promise((later) => setTimeout(later, 30));
  expect(looks).toBe(before);
  expect(tails.followers).toBe(0);
});

test("an id says where to go on", async () => {
  writeFileSync(path, "a\né\nc\n");
  const frames = follow({ last: 10 });
  expect(String((await frames.next()).value)).toBe("id: 2\ndata: a\n\nid: 5\ndata: é\n\nid: 7\ndata: c\n\n");
  over = true;
  expect(await all(follow({ after: 5 }))).toEqual(["c"]);
  expect(await all(follow({ after: 700 }))).toEqual([]);
});

test("a file that is not there yet is waited for, and one that moves is followed", async () => {
  let at: string | null = null;
  const frames = follow({ last: 10 }, { path: async () => at });
  const first = take(frames, 1);
  await looked();
  writeFileSync(path, "a\n");
  at = path;
  expect(await first).toEqual(["a"]);
  renameSync(path, `${path}.moved`);
  at = `${path}.moved`;
  appendFileSync(at, "b\n");
  expect(await take(frames, 1)).toEqual(["b"]);
});

test("who is behind waits while the file is being moved", async () => {
  writeFileSync(path, "a\nb\n");
  const other = follow({ last: 1 });
  expect(await take(other, 1)).toEqual(["b"]);
  appendFileSync(path, "c\n");
  expect(await take(other, 1)).toEqual(["c"]);
  renameSync(path, `${path}.moved`);
  const lines = take(follow({ after: 0 }), 3);
  expect(tails.followers).toBe(2);
  await looked();
  renameSync(`${path}.moved`, path);
  expect(await lines).toEqual(["a", "b", "c"]);
});

test("of a file that is cut back, what is written anew comes", async () => {
  writeFileSync(path, "1\n2\n3\n");
  const frames = follow({ last: 10 });
  expect(await take(frames, 3)).toEqual(["1", "2", "3"]);
  truncateSync(path, 2);
  const rest = take(frames, 1);
  await looked(); // the loop sees it shorter
  appendFileSync(path, "two\n");
  expect(await rest).toEqual(["two"]);
});

test("many followers share a loop, however far each is, and none loses or doubles a line", async () => {
  const lines = Array.from({ length: 3000 }, (_, i) => `${i} ${"x".repeat(i % 100)}`);
  writeFileSync(
    path,
    lines
      .slice(0, 1000)
      .map((line) => `${line}\n`)
      .join(""),
  );
  const offset = (line: number) => lines.slice(0, line).join("\n").length + Math.min(line, 1);
  const followers = Array.from({ length: 50 }, (_, i) => all(follow({ after: offset(i * 20) })));
  for (let i = 1000; i < 3000; i += 100) {
    appendFileSync(
      path,
      lines
        .slice(i, i + 100)
        .map((line) => `${line}\n`)
        .join(""),
    );
    await new Promise((later) => setTimeout(later, 2));
  }
  over = true;
  for (const [i, each] of (await Promise.all(followers)).entries()) {
    expect(each).toEqual(lines.slice(i * 20));
  }
  expect(looks).toBeLessThan(2000);
});

test("a question that fails does not end the stream", async () => {
  writeFileSync(path, "a\n");
  let asked = 0;
  const isOver = async () => {
    if (asked++ === 0) throw new Error("redis is away");
    return true;
  };
  expect(await all(follow({ last: 10 }, { isOver }))).toEqual(["a"]);
});

test("a file that cannot be read ends the streams of those who follow it, and no other", async () => {
  writeFileSync(path, "a\n");
  const unreadable = { path: async () => scratchPath("folder") };
  const refusal = { code: "LOGS_READ_FAILED", cause: { code: "EISDIR" } };
  const others = [tails.follow("other", { ...source, ...unreadable, from: { last: 1 }, signal: stopped() })];
  others.push(tails.follow("other", { ...source, ...unreadable, from: { after: 0 }, signal: stopped() }));
  for (const other of others) await expect(other.next()).rejects.toMatchObject(refusal);

  let at = path;
  const spoilt = tails.follow("spoilt", { ...source, path: async () => at, from: { last: 1 }, signal: stopped() });
  expect(await take(spoilt, 1)).toEqual(["a"]);
  const next = spoilt.next();
  at = scratchPath("folder");
  await expect(next).rejects.toMatchObject(refusal);

  over = true;
  expect(await all(follow({ last: 1 }))).toEqual(["a"]);
  expect(tails.followers).toBe(0);
});

test("the last lines of a file are those, whatever their length", async () => {
  await assert(
    asyncProperty(
      array(string({ maxLength: 100_000 }), { maxLength: 5 }),
      integer({ min: 1, max: 8 }),
      async (texts, n) => {
        const lines = texts.map((text) => text.replaceAll("\n", " "));
        writeFileSync(path, lines.map((line) => `${line}\n`).join(""));
        expect(await lastLines(path, n)).toBe(
          lines
            .slice(-n)
            .map((line) => `${line}\n`)
            .join(""),
        );
      },
    ),
    { numRuns: 30 },
  );
  writeFileSync(path, "\n\na\n");
  expect(await lastLines(path, 3)).toBe("\n\na\n");
  expect(await lastLines(path, 5)).toBe("\n\na\n");
  const long = "y".repeat(200_000);
  writeFileSync(path, `${long}\nz\n`);
  expect(await lastLines(path, 2)).toBe(`${long}\nz\n`);
  over = true;
  expect(await all(follow({ last: 2 }))).toEqual([long, "z"]);
});

/** An app whose one route streams these. */
async function streaming(framesOf: Parameters<typeof sendEvents>[1], options: SendOptions = {}) {
  const log: string[] = [];
  const app = fastify({ logger: { stream: { write: (line) => void log.push(line) } }, genReqId: () => "r1" });
  app.get("/", (_, reply) => sendEvents(reply, framesOf, options));
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  return { url, log, [Symbol.asyncDispose]: () => app.close() };
}

test("events are sent as they come, with signs of life between", async () => {
  async function* frames() {
    yield Buffer.from("data: a\n\n");
    await new Promise((later) => setTimeout(later, 60));
    yield Buffer.from("data: b\n\n");
  }
  await using app = await streaming(frames, { keepAliveMs: 10 });
  const answer = await fetch(app.url);
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache",
    "x-request-id": "r1",
  });
  expect(await answer.text()).toMatch(/^data: a\n\n(: keep-alive\n\n)+data: b\n\n/);
});

test("when the client goes, the events are no longer made", async () => {
  let ended = () => {};
  const end = new Promise<void>((resolve) => (ended = resolve));
  async function* frames(signal: AbortSignal) {
    signal.addEventListener("abort", ended);
    yield Buffer.from("data: a\n\n");
    await once(signal, "abort");
    signal.throwIfAborted();
  }
  await using app = await streaming(frames);
  const client = get(app.url);
  client.on("error", () => {});
  client.on("response", (answer) => answer.once("data", () => client.destroy()));
  await end;
  expect(app.log.join("")).not.toContain("stream_failed");
});

test("a client that does not read is dropped, and nothing piles up for it", async () => {
  const block = Buffer.alloc(1 << 20, "x");
  let made = 0;
  async function* frames() {
    for (; made < 200; made++) {
      yield block;
      await new Promise((later) => setImmediate(later));
    }
  }
  await using app = await streaming(frames, { stallMs: 100 });
  const answer = await fetch(app.url);
  const reader = answer.body?.getReader();
  while (!app.log.join("").includes("stream_failed")) await new Promise((later) => setTimeout(later, 10));
  expect(made).toBeLessThan(200);
  await expect(
    (async () => {
      while ((await reader?.read())?.done === false);
    })(),
  ).rejects.toThrow("terminated");
});

test("streams end when the service does", async () => {
  const closing = new AbortController();
  async function* frames(signal: AbortSignal) {
    yield Buffer.from("data: a\n\n");
    closing.abort();
    signal.throwIfAborted();
  }
  await using app = await streaming(frames, { closing: closing.signal });
  expect(await (await fetch(app.url)).text()).toBe("data: a\n\n");
  expect(app.log.join("")).not.toContain("stream_failed");
});

test("a stream that fails on our side ends with an event that says so and then breaks off; the log has the cause", async () => {
  async function* frames(): AsyncGenerator<Buffer> {
    yield Buffer.from("data: a\n\n");
    throw new Error("disk gone");
  }
  await using app = await streaming(frames);
  const { body } = await fetch(app.url);
  const texts: string[] = [];
  await expect(
    (async () => {
      for await (const bytes of body ?? []) texts.push(Buffer.from(bytes).toString());
    })(),
  ).rejects.toThrow("terminated");
  const error = '{"code":"INTERNAL_ERROR","message":"Internal server error","request_id":"r1"}';
  expect(texts.join("")).toBe(`data: a\n\nevent: error\ndata: ${error}\n\n`);
  expect(app.log.join("")).toContain("disk gone");
});
