import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { AppError } from "../errors.js";
import { httpApp } from "./http-app.js";
import { Hosts } from "./hosts.js";
import { HttpMetrics } from "./http-metrics.js";

const Line = z.looseObject({ message: z.string(), request_id: z.string().optional() });
const lines: z.output<typeof Line>[] = [];
const answered: unknown[] = [];
const metrics = new HttpMetrics("tested");
const app = httpApp(
  {
    service: "tested",
    logLevel: "info",
    log: { write: (line) => lines.push(Line.parse(JSON.parse(line))) },
    headersMs: 5000,
    idleMs: 0,
    hosts: new Hosts({ bindHost: "127.0.0.1", publicHosts: [] }),
    requestMs: 0,
    bodyBytes: 20,
    explained: (error) =>
      error instanceof EvalError ? new AppError("INSUFFICIENT_STORAGE", "no room", { cause: error }) : error,
    onAnswer: (req, reply, route) => {
      answered.push([req.method, route, reply.statusCode]);
      metrics.answered(req, reply, route);
    },
  },
  (routes) => {
    routes.get("/things/:id", (req) => ({ id: req.params }));
    routes.post("/things/:id", (req) => ({ body: req.body }));
    routes.get("/broken", (_req, reply) => {
      void reply.headers({ etag: '"1"', "accept-ranges": "bytes" });
      throw new Error("with a s3cret");
    });
    routes.get("/upstream", () => {
      throw Object.assign(new Error("with a s3cret"), { statusCode: 500 });
    });
    routes.get("/full", () => {
      throw new EvalError("disk");
    });
    routes.get("/later", () => {
      throw new AppError("JOB_NOT_READY", "not yet", { headers: { "retry-after": "7" } });
    });
  },
);

let base: string;
beforeAll(async () => void (base = await app.listen({ host: "127.0.0.1", port: 0 })));
beforeEach(() => {
  lines.length = 0;
  answered.length = 0;
});
afterAll(() => app.close());

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const Body = z.object({ code: z.string(), message: z.string(), request_id: z.string() });

async function refused(path: string, init?: RequestInit) {
  const { status, headers, ...answer } = await ask(path, init);
  const { code, message, request_id } = Body.parse(JSON.parse(answer.text));
  expect(headers.get("content-type")).toBe("application/json; charset=utf-8");
  expect(headers.get("x-request-id")).toBe(request_id);
  return { status, code, message, headers, id: request_id };
}

async function ask(path: string, init?: RequestInit) {
  const answer = await fetch(`${base}${path}`, init);
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
}

describe("an answer", () => {
  test("has the client's id, or one of its own, and leaves one record", async () => {
    const { status, headers, text } = await ask("/things/a", { headers: { "x-request-id": "mine" } });
    expect([status, headers.get("x-request-id"), text]).toEqual([200, "mine", '{"id":{"id":"a"}}']);
    expect(answered).toEqual([["GET", "/things/:id", 200]]);
    expect(lines).toMatchObject([
      {
        message: "request completed",
        event: "request_completed",
        service: "tested",
        method: "GET",
        path: "/things/:id",
        status: 200,
        request_id: "mine",
      },
    ]);
    expect(lines[0]?.["elapsed_seconds"]).toBeLessThan(60); // not milliseconds
    expect((await ask("/things/a")).headers.get("x-request-id")).toMatch(UUID);
  });

  test("keeps a client's id that is no ASCII, beside text that is none", async () => {
    const { headers, text } = await ask("/things/%C3%A9", { headers: { "x-request-id": "mine é" } });
    expect([headers.get("x-request-id"), text]).toEqual(["mine é", '{"id":{"id":"é"}}']);
  });

  test("may be about an id of a thousand characters", async () => {
    expect((await ask(`/things/${"a".repeat(1000)}`)).status).toBe(200);
  });
});

test("requests are counted and timed by method, route and status", async () => {
  await ask("/things/counted", { method: "POST", headers: { "content-type": "application/json" }, body: "1" });
  const text = await metrics.text();
  const labels = 'method="POST",route="/things/:id",status="200"';
  expect(metrics.contentType).toContain("text/plain");
  expect(text).toContain(`tested_request_seconds_count{${labels}} 1`);
  expect(text).toContain(`tested_request_seconds_bucket{le="120",${labels}} 1`);
  expect(Number(/tested_request_seconds_sum\{method="POST".*\} (\S+)/.exec(text)?.[1])).toBeLessThan(60);
  expect(text).toContain("process_resident_memory_bytes");
});

describe("what is refused", () => {
  test("has a code, a sentence and the request's id", async () => {
    const { id, ...answer } = await refused("/nothing");
    expect(answer).toMatchObject({ status: 404, code: "NOT_FOUND", message: "Not Found" });
    expect(id).toMatch(UUID);
    expect(answered).toEqual([["GET", "none", 404]]);
  });

  test("by our own error has its code, status and headers", async () => {
    const { headers, ...answer } = await refused("/later");
    expect(answer).toMatchObject({ status: 425, code: "JOB_NOT_READY", message: "not yet" });
    expect(headers.get("retry-after")).toBe("7");
    expect(lines).toHaveLength(1); // what is the client's fault is no error of the service
  });

  const json = { "content-type": "application/json" };
  test.each([
    ["a body that is no JSON", { headers: json, body: "{" }, 400, "INVALID_INPUT"],
    ["a body that is too large", { headers: json, body: JSON.stringify("a".repeat(20)) }, 413, "PAYLOAD_TOO_LARGE"],
    [
      "a body of a kind that nobody reads",
      { headers: { "content-type": "a/b" }, body: "a" },
      415,
      "UNSUPPORTED_MEDIA_TYPE",
    ],
  ])("is %s", async (_what, init, status, code) => {
    expect(await refused("/things/a", { method: "POST", ...init })).toMatchObject({ status, code });
  });

  test("is a path that cannot be decoded", async () => {
    expect(await refused("/things/%ff")).toMatchObject({ status: 400, code: "INVALID_INPUT" });
  });

  test("is a method that a path does not have, and the answer says which it has", async () => {
    const { headers, ...answer } = await refused("/things/a", { method: "DELETE" });
    expect(answer).toMatchObject({ status: 405, code: "METHOD_NOT_ALLOWED", message: "Method Not Allowed" });
    expect(headers.get("allow")).toBe("GET, POST");
    expect((await refused("/broken", { method: "PATCH" })).headers.get("allow")).toBe("GET");
    expect((await ask("/broken", { method: "HEAD" })).status).toBe(405);
  });

  test.each([
    ["\r\n\r\n", "400 Bad Request", "INVALID_INPUT", "malformed HTTP request"],
    [
      `GET / HTTP/1.1\r\nx: ${"a".repeat(20_000)}\r\n\r\n`,
      "431 Request Header Fields Too Large",
      "INVALID_INPUT",
      "too large",
    ],
  ])("is what is no request: %#", async (start, status, code, message) => {
    const socket = connect(Number(new URL(base).port), "127.0.0.1");
    socket.end(start.startsWith("GET") ? start : `no HTTP${start}`);
    let text = "";
    socket.setEncoding("utf8").on("data", (chunk) => (text += String(chunk)));
    await once(socket, "close");
    const [head = "", body = ""] = text.split("\r\n\r\n");
    expect(head).toContain(`HTTP/1.1 ${status}\r\n`);
    expect(head).toContain(`content-length: ${Buffer.byteLength(body)}`);
    const parsed = Body.parse(JSON.parse(body));
    expect(parsed).toMatchObject({ code });
    expect(parsed.message).toContain(message);
    expect(head).toContain(`x-request-id: ${parsed.request_id}`);
  });
});

describe("what breaks", () => {
  test("is one sentence for the client and the whole cause for the log", async () => {
    const { headers, id, ...answer } = await refused("/broken");
    expect(answer).toMatchObject({ status: 500, code: "INTERNAL_ERROR", message: "Internal server error" });
    expect([headers.get("etag"), headers.get("accept-ranges")]).toEqual([null, null]);
    expect(lines[0]).toMatchObject({
      level: "ERROR",
      event: "request_failed",
      error_code: "INTERNAL_ERROR",
      request_id: id,
      err: { message: "with a s3cret" },
    });
  });

  test("says nothing of itself either where a library gave it a status", async () => {
    expect(await refused("/upstream")).toMatchObject({ status: 500, message: "Internal server error" });
  });

  test("is what the service says that it means", async () => {
    expect(await refused("/full")).toMatchObject({ status: 507, code: "INSUFFICIENT_STORAGE", message: "no room" });
    expect(lines[0]).toMatchObject({ error_code: "INSUFFICIENT_STORAGE", err: { message: "disk" } });
  });
});

test("a service that ends waits neither for who is connected and asks nothing nor for an answer without an end", async () => {
  const hosts = new Hosts({ bindHost: "127.0.0.1", publicHosts: [] });
  const limits = { headersMs: 60_000, idleMs: 0, requestMs: 0 };
  const ending = httpApp(
    { service: "ending", logLevel: "silent", log: { write() {} }, hosts, ...limits, onAnswer: () => {} },
    (routes) => void routes.get("/endless", () => new Promise(() => {})),
  );
  const { port } = new URL(await ending.listen({ host: "127.0.0.1", port: 0 }));
  const silent = connect(Number(port), "127.0.0.1");
  const endless = fetch(`http://127.0.0.1:${port}/endless`).catch((error: unknown) => error);
  await once(silent, "connect");
  await ending.close();
  expect(await endless).toBeInstanceOf(Error);
});
