import { connect, createServer, type Socket } from "node:net";
import { rmSync } from "node:fs";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { containing, matching } from "@trainer/testing";
import { expect, test } from "vitest";
import { z } from "zod";
import { NO_TRACING } from "@trainer/platform/tracing";
import { Hosts } from "@trainer/platform/http";
import { createApp } from "../src/app.js";
import { dataBankConfig } from "../src/config.js";
import { DiskStore } from "../src/disk/disk-store.js";
import { KeyRing } from "../src/keys.js";
import { Metrics } from "../src/metrics.js";
import { startDataBank } from "../src/start.js";
import { ask, FORM_TYPE, form, scratch, sha256, startBank } from "./bank.js";

const KEYED = { API_UPLOAD_KEYS: "up, up2", API_READ_KEYS: "reader" };

test("each permission has its keys, and those for deleting are the ones for uploading unless told", async () => {
  await using bank = await startBank(KEYED);
  const id = sha256("x");
  const key = (value: string) => ({ "x-api-key": value });
  expect(await bank.upload("x")).toMatchObject({
    status: 401,
    json: { code: "UNAUTHORIZED", message: "missing API key" },
  });
  expect((await bank.upload("x", null, key("  "))).status).toBe(401);
  expect(await bank.upload("x", null, key("reader"))).toMatchObject({
    status: 403,
    json: { code: "FORBIDDEN", message: "invalid API key for permission" },
  });
  expect(await bank.upload("x", null, key("up2"))).toMatchObject({ status: 201 });
  for (const path of [`/files/${id}`, `/files/${id}/info`]) {
    expect((await bank.get(path)).status).toBe(401);
    expect((await bank.get(path, key("up"))).status).toBe(403);
    expect((await bank.get(path, key("reader"))).status).toBe(200);
  }
  expect((await bank.head(`/files/${id}`, key("up"))).status).toBe(403);
  expect((await bank.remove(id)).status).toBe(401);
  expect((await bank.remove(id, key("reader"))).status).toBe(403);
  expect((await bank.remove(id, key("up"))).status).toBe(204);
  for (const open of ["/healthz", "/readyz", "/metrics"]) expect((await bank.get(open)).status).toBe(200);
  // Who may not come in learns nothing of what there is.
  expect((await bank.get("/files/no-id", key("nobody"))).status).toBe(403);
});

test("no key and nothing of a file stands in the log", async () => {
  await using bank = await startBank({ ...KEYED, LOG_LEVEL: "debug" });
  await bank.upload("the content", null, { "x-api-key": "up" });
  await bank.upload("the content", null, { "x-api-key": "a-wrong-key" });
  await bank.get(`/files/${sha256("the content")}?key=reader`, { "x-api-key": "reader" });
  const log = bank.logs.join("");
  expect(log).toContain('"event":"request_completed"');
  for (const secret of ["up2", "a-wrong-key", "reader", "the content"]) expect(log).not.toContain(secret);
});

test("without keys, no page of another site gets at this machine's files", async () => {
  await using bank = await startBank();
  const expected = { status: 403, json: { code: "FORBIDDEN", message: containing("page of another site") } };
  expect(await bank.upload("x", null, { origin: "https://evil.example" })).toMatchObject(expected);
  expect(await bank.upload("x", null, { origin: "http://localhost:3000" })).toMatchObject(expected);
  expect(await bank.get(`/files/${sha256("x")}`, { "sec-fetch-site": "same-site" })).toMatchObject(expected);
  expect((await bank.upload("x", null, { origin: bank.url, "sec-fetch-site": "same-origin" })).status).toBe(201);
  await using keyed = await startBank({ API_UPLOAD_KEYS: "k" });
  expect((await keyed.upload("x", null, { "x-api-key": "k", origin: "https://evil.example" })).status).toBe(201);
});

test.each<[string, object]>([
  ["without keys", {}],
  ["with keys", { API_UPLOAD_KEYS: "k" }],
])("%s, nothing is answered under a host that the service is not known by", async (_, env) => {
  await using bank = await startBank({ ...env, PUBLIC_HOSTS: "files.example.org, Other.example" });
  for (const path of [`/files/${sha256("x")}`, "/healthz", "/readyz", "/metrics", "/nowhere"]) {
    expect(await bank.get(path, { host: "evil.example", "x-api-key": "k" })).toMatchObject({
      status: 403,
      json: { code: "FORBIDDEN", message: matching(/not known by the host "evil.example".*PUBLIC_HOSTS/) },
    });
  }
  for (const host of ["files.example.org", "other.example:8001", "localhost:1"])
    expect((await bank.get("/metrics", { host })).status).toBe(200);
});

test("keys that are not set let everybody in", () => {
  const ring = new KeyRing({ upload: [], read: ["a"], delete: [] });
  expect(ring.isOpen("upload")).toBe(true);
  expect(() => ring.check("upload", undefined)).not.toThrow();
  expect(() => ring.check("read", "b")).toThrow("invalid API key");
});

test("where other machines can come in, there must be keys", async () => {
  const start = (env: object) => startDataBank(dataBankConfig({ BIND_HOST: "0.0.0.0", PORT: "0", ...env }));
  await expect(start({})).rejects.toMatchObject({ code: "CONFIG_ERROR" });
  await expect(start({})).rejects.toThrow("anybody could upload, read, delete files: set API_UPLOAD_KEYS");
  await expect(start({ API_READ_KEYS: "r" })).rejects.toThrow("anybody could upload, delete files");
  await using bank = await startBank({ BIND_HOST: "0.0.0.0", API_UPLOAD_KEYS: "k" });
  expect((await ask(`${bank.url.replace("0.0.0.0", "127.0.0.1")}/healthz`)).status).toBe(200);
  await using local = await startBank({ BIND_HOST: "localhost" });
  expect((await local.get("/healthz")).status).toBe(200);
});

test("unless told otherwise it logs to stderr", async () => {
  const config = dataBankConfig({ PORT: "0", LOG_LEVEL: "fatal", DATA_ROOT: scratch() });
  await using bank = await startDataBank(config);
  expect((await ask(`${bank.url}/nowhere`)).status).toBe(404);
});

test("every request has an id, the client's own where it has one", async () => {
  await using bank = await startBank();
  const own = await bank.get("/files/nonsense", { "X-Request-ID": "my id 7" });
  expect(own.headers["x-request-id"]).toBe("my id 7");
  expect(own.json).toEqual({ code: "INVALID_INPUT", message: "invalid file_id", request_id: "my id 7" });
  for (const path of ["/healthz", "/nowhere", "/files/%zz", "/files/abcd"]) {
    const { headers, json } = await bank.get(path, { "x-request-id": "" });
    expect(headers["x-request-id"]).toMatch(/^[0-9a-f-]{36}$/);
    expect(path === "/healthz" ? { request_id: headers["x-request-id"] } : json).toMatchObject({
      request_id: headers["x-request-id"],
    });
  }
});

test.each([
  ["GET", "/nowhere", 404, "NOT_FOUND"],
  ["GET", "/files", 405, "METHOD_NOT_ALLOWED"],
  ["PUT", "/files", 405, "METHOD_NOT_ALLOWED"],
  ["POST", "/files/abcd", 405, "METHOD_NOT_ALLOWED"],
  ["GET", "/files/%zz", 400, "INVALID_INPUT"],
])("%s %s is %i %s", async (method, path, status, code) => {
  await using bank = await startBank();
  const answer = await ask(bank.url + path, method === "GET" ? {} : { method, body: Buffer.from("{}") });
  expect(answer).toMatchObject({ status, json: { code } });
  expect(answer.headers.allow ?? "none").toBe({ "/files": "POST", "/files/abcd": "GET, HEAD, DELETE" }[path] ?? "none");
});

/** Sends text over a socket and gives back all that comes until the other side closes. */
async function raw(url: string, ...pieces: readonly (string | Buffer)[]): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket: Socket = connect(Number(port), hostname);
  let answer = "";
  socket.setEncoding("latin1").on("data", (text: string) => (answer += text));
  socket.on("error", () => {}); // the other side may have gone
  for (const piece of pieces) socket.write(piece);
  await new Promise((resolve) => socket.once("close", resolve));
  return answer;
}

test("what is no request, or one with headers too large, is refused in the same form", async () => {
  await using bank = await startBank();
  const large = `GET /healthz HTTP/1.1\r\nhost: localhost\r\nx-large: ${"x".repeat(20_000)}\r\n\r\n`;
  for (const [text, status] of [
    ["NONSENSE\r\n\r\n", "400 Bad Request"],
    [large, "431 Request Header Fields Too Large"],
  ] as const) {
    const answer = await raw(bank.url, text);
    expect(answer).toContain(`HTTP/1.1 ${status}\r\n`);
    const body: unknown = JSON.parse(answer.slice(answer.indexOf("\r\n\r\n")));
    expect(body).toMatchObject({ code: "INVALID_INPUT", request_id: matching(/./) });
  }
});

test("a client that never ends its headers is shut out", async () => {
  await using bank = await startBank({}, { timeouts: { headersMs: 100 } });
  const answer = await raw(bank.url, "GET /healthz HTTP/1.1\r\nx-a: ");
  expect(answer).toContain("HTTP/1.1 408");
  expect(answer).toContain('"code":"TIMEOUT"');
});

test("a client that sends a file byte by byte is shut out, and nothing is kept", async () => {
  const timeouts = { lingerMs: 50 };
  await using bank = await startBank({}, { pace: { graceMs: 200, bytesPerSecond: 1e6 }, timeouts });
  const head = `POST /files HTTP/1.1\r\nhost: localhost\r\ncontent-type: ${FORM_TYPE["content-type"]}\r\ncontent-length: 1000\r\n\r\n`;
  const answer = await raw(bank.url, head, form("x").subarray(0, 130));
  expect(answer).toContain("HTTP/1.1 408");
  expect(answer).toContain("the upload is too slow");
  expect(bank.files()).toEqual([]);
});

test("a client that is only slow now and then is not", async () => {
  await using bank = await startBank({}, { pace: { graceMs: 2000, bytesPerSecond: 1 } });
  const body = form("slowly but surely");
  const { hostname, port } = new URL(bank.url);
  const socket = connect(Number(port), hostname);
  socket.write(
    `POST /files HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: ${FORM_TYPE["content-type"]}\r\n`,
  );
  socket.write(`content-length: ${body.length}\r\n\r\n`);
  for (let at = 0; at < body.length; at += 40) {
    socket.write(body.subarray(at, at + 40));
    await sleep(20);
  }
  const [answer] = await new Promise<Buffer[]>((resolve) => socket.once("data", (data) => resolve([data])));
  expect(String(answer)).toContain("201 Created");
});

test("a file that is deleted between the look and the read is not found", async () => {
  const store = await DiskStore.open({ root: scratch(), minFreeBytes: 0 });
  const info = await store.put(Readable.from([Buffer.from("x")]), "text/plain", 0);
  store.read = async () => null;
  const app = createApp({
    store,
    keys: new KeyRing({ upload: [], read: [], delete: [] }),
    hosts: new Hosts({ bindHost: "127.0.0.1", publicHosts: [] }),
    metrics: new Metrics(null),
    tracing: NO_TRACING,
    maxFileBytes: Infinity,
    strictDelete: false,
    pace: { graceMs: 1000, bytesPerSecond: 1 },
    probes: [store],
    logLevel: "fatal",
    log: process.stderr,
    timeouts: { headersMs: 1000, idleMs: 1000, lingerMs: 60_000 },
  });
  const answer = await app.inject(`/files/${info.file_id}`);
  expect([answer.statusCode, answer.headers["etag"]]).toEqual([404, undefined]);
  await app.close();
});

test("readiness tells of the disk", async () => {
  await using bank = await startBank();
  expect((await bank.get("/healthz")).json).toEqual({ status: "ok" });
  expect(await bank.get("/readyz")).toMatchObject({ status: 200, json: { status: "ready", reason: null } });
  await using full = await startBank({ MIN_FREE_GB: "999999999" });
  expect(await full.get("/readyz")).toMatchObject({ status: 503, json: { status: "degraded", reason: "low disk" } });
  expect(await full.upload("x")).toMatchObject({
    status: 507,
    json: { code: "INSUFFICIENT_STORAGE", message: "insufficient free space" },
  });
  await using gone = await startBank();
  rmSync(gone.root, { recursive: true });
  expect((await gone.get("/readyz")).json).toEqual({ status: "degraded", reason: "storage not writable" });
});

/** Something that answers as Redis would. */
async function fakeRedis(pong: string, workers: string) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("data", (data) => {
      for (const [, word] of data.toString().matchAll(/\*\d+\r\n\$\d+\r\n(\w+)/g)) {
        const answers: Record<string, string> = { PING: pong, SCARD: workers };
        socket.write(answers[word?.toUpperCase() ?? ""] ?? "+OK\r\n");
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = z.object({ port: z.number() }).parse(server.address());
  return {
    url: `redis://127.0.0.1:${port}/0`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test.each([
  ["+PONG\r\n", ":1\r\n", null],
  ["+PONG\r\n", ":0\r\n", "no-worker"],
  ["+NOPE\r\n", ":1\r\n", "redis no-pong"],
  ["-ERR broken\r\n", ":1\r\n", "redis error"],
])("readiness asks Redis where there is one: %j, %j", async (pong, workers, reason) => {
  await using redis = await fakeRedis(pong, workers);
  await using bank = await startBank({ REDIS_URL: redis.url });
  const { status, json } = await bank.get("/readyz");
  expect({ status, json }).toMatchObject({ status: reason === null ? 200 : 503, json: { reason } });
});

test("a Redis that is not there makes the service not ready, and takes nothing down", async () => {
  await using bank = await startBank({ REDIS_URL: "redis://127.0.0.1:1/0" });
  expect((await bank.get("/readyz")).json).toEqual({ status: "degraded", reason: "redis error" });
  expect((await bank.upload("x")).status).toBe(201);
});

test("what was done is counted", async () => {
  await using bank = await startBank();
  await bank.upload("twelve bytes");
  await bank.get(`/files/${sha256("twelve bytes")}`, { range: "bytes=0-3" });
  const { body, headers } = await bank.get("/metrics");
  expect(headers["content-type"]).toContain("text/plain");
  const text = body.toString();
  expect(text).toContain("data_bank_received_bytes_total 12\n");
  expect(text).toContain("data_bank_sent_bytes_total 4\n");
  expect(text).toContain("data_bank_uploads_in_progress 0\n");
  expect(text).toContain('data_bank_request_seconds_count{method="POST",route="/files",status="201"} 1');
  expect(text).toContain("process_resident_memory_bytes");
});

test("the environment says how it runs, and one error tells all that is wrong with it", () => {
  expect(dataBankConfig({})).toMatchObject({
    host: "127.0.0.1",
    root: "/data/files",
    keys: { upload: [], read: [], delete: [] },
    redisUrl: null,
    minFreeBytes: 2 ** 30,
    maxFileBytes: Infinity,
    strictDelete: false,
    logLevel: "info",
  });
  const keys = { API_UPLOAD_KEYS: "a,b", API_DELETE_KEYS: "c", LOG_LEVEL: "loud", MAX_FILE_BYTES: "5" };
  expect(dataBankConfig(keys)).toMatchObject({
    keys: { upload: ["a", "b"], read: ["a", "b"], delete: ["c"] },
    logLevel: "info",
    maxFileBytes: 5,
  });
  for (const [name, level] of Object.entries({ WARNING: "warn", CRITICAL: "fatal", debug: "debug" }))
    expect(dataBankConfig({ LOG_LEVEL: name }).logLevel).toBe(level);
  expect(() => dataBankConfig({ REDIS_URL: "http://x", MIN_FREE_GB: "much" })).toThrow(
    /REDIS_URL: must be redis:.*\n\s+MIN_FREE_GB: must be a number/,
  );
});
