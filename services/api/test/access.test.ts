import { readFileSync } from "node:fs";
import { keys } from "@trainer/platform";
import { containing, matching } from "@trainer/testing";
import { ask, startSystem, type System } from "@trainer/testing/api";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { z } from "zod";
import { openApiPath } from "../src/index.js";
import { startApi } from "../src/start.js";

const Operation = z.object({ security: z.array(z.record(z.string(), z.array(z.string()))).optional() });
const Document = z.object({ paths: z.record(z.string(), z.record(z.string(), Operation)) });
const OPEN = new Set(["GET /healthz", "GET /readyz", "GET /metrics", "POST /session", "DELETE /session"]);

const { paths } = Document.parse(JSON.parse(readFileSync(openApiPath, "utf8")));
const operations = Object.entries(paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, { security }]) => ({ method: method.toUpperCase(), path, security })),
);

let system: System;
beforeAll(async () => void (system = await startSystem({ apiKey: " key ", wrongKeysPerMinute: 1e6 })));
afterAll(() => system[Symbol.asyncDispose]());

test("the document has every route there is", () => {
  expect(operations.length).toBe(63);
});

test.each(operations)("$method $path needs the right key, unless it is open", async ({ method, path, security }) => {
  const url = path.replace(/\{kind\}/, "models").replace(/\{\w+\}/g, "some-id");
  const status = async (headers: Record<string, string>) => (await system.ask(url, { method, headers })).status;
  const isOpen = OPEN.has(`${method} ${path}`);
  expect(security).toEqual(isOpen ? undefined : [{ apiKey: [] }, { bearer: [] }]);
  for (const headers of [{}, { "x-api-key": "wrong" }, { "x-api-key": "" }, { "x-api-key": "key2" }])
    expect(await status(headers)).toBe(isOpen ? await status({ "X-Api-Key": "key" }) : 401);
  expect(await status({ "X-Api-Key": "key" })).not.toBe(401);
});

test("who has no key learns that, and not what there is", async () => {
  for (const path of ["/runs/none", "/runs/train"]) {
    const { status, json, headers } = await system.ask(path, { method: path === "/runs/train" ? "POST" : "GET" });
    const request_id = headers["x-request-id"];
    expect([status, json]).toEqual([401, { code: "UNAUTHORIZED", message: "Unauthorized", request_id }]);
  }
  expect(await system.ask("/nowhere")).toMatchObject({ status: 404, json: { code: "NOT_FOUND" } });
  expect(await system.ask("/runs/train")).toMatchObject({ status: 405, headers: { allow: "POST" } });
  expect(await system.ask("/runs/%zz", { headers: { "x-api-key": "key" } })).toMatchObject({
    status: 400,
    json: { code: "INVALID_INPUT" },
  });
});

test("no key, no text and no name of a corpus stands in the log", async () => {
  const headers = { "x-api-key": "a-wrong-key" };
  await system.ask("/runs/r1/score", { headers, body: { text: "the text" } });
  await system.ask("/runs/r1/score", { headers: { "x-api-key": "key" }, body: { text: "the text" } });
  const log = system.logs.join("");
  for (const secret of ["a-wrong-key", "the text", '"key"']) expect(log).not.toContain(secret);
  expect(log).toContain('"path":"/runs/:run_id/score","status":200');
});

test("every line that is logged for a request has its id, and so has the answer", async () => {
  const { headers } = await system.ask("/healthz", { headers: { "X-Request-ID": "mine 7" } });
  expect(headers["x-request-id"]).toBe("mine 7");
  for (const path of ["/healthz", "/none", "/docs/"]) {
    const { headers } = await system.ask(path, { headers: { "x-request-id": "mine é" } });
    expect(headers["x-request-id"]).toBe("mine é");
  }
  expect(system.logs.filter((line) => line.includes('"request_id":"mine 7"'))).toEqual([
    containing("request_completed"),
  ]);
});

test("who tries many keys has to wait; who has the right one does not", async () => {
  await using strict = await startSystem({ apiKey: "key", wrongKeysPerMinute: 5 });
  const wrong = () => strict.ask("/runs", { headers: { "x-api-key": "wrong" } });
  for (let i = 0; i < 5; i++) expect((await wrong()).status).toBe(401);
  expect(await wrong()).toMatchObject({
    status: 429,
    headers: { "retry-after": matching(/^\d+$/) },
    json: { code: "RATE_LIMIT_EXCEEDED" },
  });
  expect((await strict.ask("/runs", { headers: { "x-api-key": "key" } })).status).toBe(200);
});

test("who asks too often has to wait", async () => {
  await using strict = await startSystem({ requestsPerMinute: 2 });
  for (const status of [200, 200, 429]) expect((await strict.ask("/runs")).status).toBe(status);
  expect(await strict.ask("/runs")).toMatchObject({
    headers: { "retry-after": matching(/^\d+$/) },
    json: { code: "RATE_LIMIT_EXCEEDED", message: containing("too many requests: come again after") },
  });
  expect((await strict.ask("/healthz")).status).toBe(200);
});

test("behind a proxy that is known, each of its clients has limits of its own; a stranger's word is not taken", async () => {
  const ask = async (system: Awaited<ReturnType<typeof startSystem>>, client: string) =>
    (await system.ask("/runs", { headers: { "x-forwarded-for": client } })).status;
  await using behind = await startSystem({ requestsPerMinute: 1, trustedProxies: ["127.0.0.1", "10.0.0.0/8"] });
  expect([await ask(behind, "203.0.113.1"), await ask(behind, "203.0.113.2")]).toEqual([200, 200]);
  expect(await ask(behind, "203.0.113.1")).toBe(429);
  expect(await ask(behind, "203.0.113.9, 203.0.113.1, 10.1.2.3")).toBe(429); // who the client says it is, is not believed
  await using bare = await startSystem({ requestsPerMinute: 1 });
  expect([await ask(bare, "203.0.113.1"), await ask(bare, "203.0.113.2")]).toEqual([200, 429]);
});

test("without a key, no page of another site gets at this machine's runs", async () => {
  await using bare = await startSystem();
  const expected = { status: 403, json: { code: "FORBIDDEN", message: containing("page of another site") } };
  expect(await bare.ask("/runs", { headers: { origin: "https://evil.example" } })).toMatchObject(expected);
  expect(await bare.ask("/runs", { headers: { origin: "http://localhost:3000" } })).toMatchObject(expected);
  expect(await bare.ask("/runs", { headers: { "sec-fetch-site": "cross-site" } })).toMatchObject(expected);
  const own = { origin: bare.url, "sec-fetch-site": "same-origin" };
  expect((await bare.ask("/runs", { headers: own })).status).toBe(200);
});

test.each(["", "key"])("nothing is answered under a host that the service is not known by, key %j", async (apiKey) => {
  await using named = await startSystem({ apiKey, publicHosts: ["trainer.example.org"] });
  const paths = ["/runs", "/healthz", "/readyz", "/metrics", "/docs/", "/openapi.json", "/nowhere"];
  for (const path of paths) {
    expect(await named.ask(path, { headers: { host: "evil.example:8000", "x-api-key": apiKey } })).toMatchObject({
      status: 403,
      json: { code: "FORBIDDEN", message: matching(/not known by the host "evil.example:8000".*PUBLIC_HOSTS/) },
    });
  }
  for (const host of ["trainer.example.org", "localhost", "127.0.0.1:1"])
    expect((await named.ask("/runs", { headers: { host, "x-api-key": apiKey } })).status).toBe(200);
});

test("where other machines can come in, there must be a key", async () => {
  const input = { host: "0.0.0.0", port: 0, redisUrl: system.server.url, artifactsRoot: "/x", dataRoot: "/x" };
  await expect(startApi(input)).rejects.toMatchObject({ code: "CONFIG_ERROR" });
  await expect(startApi(input)).rejects.toThrow("anybody could train: set SECURITY__API_KEY");
  await using api = await startApi({ ...input, apiKey: "key", logLevel: "fatal" }); // to stderr by default
  expect((await ask(`${api.url.replace("0.0.0.0", "127.0.0.1")}/healthz`)).status).toBe(200);
});

test("a service whose port is taken says so, and holds no connection that would keep its process from ending", async () => {
  const connections = async () => String(await system.redis.client("LIST")).split("\n").length;
  const before = await connections();
  const input = {
    redisUrl: system.server.url,
    artifactsRoot: system.root,
    dataRoot: system.root,
    logLevel: "silent",
  } as const;
  await expect(startApi({ ...input, port: Number(new URL(system.url).port) })).rejects.toThrow("EADDRINUSE");
  await vi.waitFor(async () => expect(await connections()).toBe(before));
});

test("what is counted stands in /metrics, jobs by their queue too", async () => {
  await system.trainer.add("train", {});
  const { text, headers } = await system.ask("/metrics");
  expect(headers["content-type"]).toContain("text/plain");
  expect(text).toContain('api_queue_jobs{queue="trainer",state="waiting"} 1');
  expect(text).toMatch(/api_request_seconds_count\{method="GET",route="\/healthz",status="200"\} \d+/);
  expect(text).toContain("api_streams 0");
});

test("what Redis and the workers are like stands in /metrics, and that Redis is away", async () => {
  const sample = async (name: string) =>
    new RegExp(`^${name.replaceAll(/[{}]/g, "\\$&")} (.*)$`, "m").exec((await system.ask("/metrics")).text)?.[1];
  const { workers } = keys;
  await system.redis.sadd(workers, "rq:worker:there", "rq:worker:gone");
  await system.redis.set("rq:worker:there", "now", "EX", 60);
  expect([await sample("api_workers"), await sample("api_redis_up")]).toEqual(["1", "1"]);
  await system.redis.del(workers);
  expect(await sample("api_workers")).toBe("0");
  expect(Number(await sample("api_redis_ping_seconds"))).toBeLessThan(5);
  expect(Number(await sample('api_redis_memory_bytes{state="used"}'))).toBeGreaterThan(100_000);
  expect(await sample('api_redis_memory_bytes{state="most"}')).toBe("0");
  expect(await sample("api_redis_reconnects_total")).toBe("0");
  await system.server.kill();
  await expect.poll(() => sample("api_redis_up")).toBe("0");
  expect(await sample("api_workers")).toBeUndefined();
  await expect.poll(() => sample("api_redis_reconnects_total").then(Number)).toBeGreaterThan(0);
  await system.server.start();
  await expect.poll(() => sample("api_redis_up")).toBe("1");
});

test("readiness asks for Redis and for workers", async () => {
  expect((await system.ask("/readyz")).json).toEqual({ status: "degraded", reason: "no-worker" });
  await system.redis.sadd("rq:workers", "w");
  expect(await system.ask("/readyz")).toMatchObject({ status: 200, json: { status: "ready", reason: null } });
});
