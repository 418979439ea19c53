import { once } from "node:events";
import { createServer } from "node:http";
import { expect, test } from "vitest";
import { z } from "zod";
import { servicePart, type Service } from "./service-part.js";
import { answers, fromHere, healthy } from "./wait-for-http.js";

const quiet = () => new AbortController().signal;
const soon = { withinMs: 60_000, everyMs: 1 };

/** A server that gives these answers in turn, the last one again and again. */
async function server(...statuses: readonly number[]) {
  const left = [...statuses];
  const http = createServer((_, response) => {
    response.statusCode = Number(left.length > 1 ? left.shift() : left[0]);
    response.end('{"reason":"no-worker"}');
  }).listen(0, "127.0.0.1");
  await once(http, "listening");
  const { port } = z.object({ port: z.number() }).parse(http.address());
  return { url: `http://127.0.0.1:${port}`, [Symbol.dispose]: () => void http.close() };
}

test("a service that is not ready at once is waited for", async () => {
  using http = await server(503, 503, 200);
  await expect(answers(http.url, quiet(), soon)).resolves.toBeUndefined();
});

test("what it answers instead is told when the time is over, or that nobody is there", async () => {
  using http = await server(503);
  await expect(answers(http.url, quiet(), { withinMs: 0, everyMs: 1 })).rejects.toThrow("no-worker");
  await expect(answers("http://127.0.0.1:1", quiet(), { withinMs: 0, everyMs: 1 })).rejects.toThrow("ECONNREFUSED");
});

test("a service lives if it answers so when it is asked once", async () => {
  using http = await server(200, 503);
  await expect(healthy(http.url)).resolves.toBeUndefined();
  await expect(healthy(http.url)).rejects.toThrow("no-worker");
});

test("a part that listens is asked for its health so, and one without an address is not", async () => {
  using http = await server(200, 503);
  const part: Service = { name: "api", command: ["api"], env: {}, cwd: "/", graceMs: 1, listens: true };
  const { ask } = servicePart(part);
  await expect(ask?.({ url: http.url })).resolves.toBeUndefined();
  await expect(ask?.({ url: http.url })).rejects.toThrow("no-worker");
  expect(servicePart({ ...part, listens: false })).not.toHaveProperty("ask");
});

test("the wait ends with its signal", async () => {
  using http = await server(503);
  await expect(answers(http.url, AbortSignal.abort(new Error("over")))).rejects.toThrow("aborted");
});

test("what listens on all addresses is reached over this machine's own", () => {
  expect(["http://0.0.0.0:8000", "http://[::]:8000", "http://0.0.0.0", "http://10.0.0.0:1"].map(fromHere)).toEqual([
    "http://127.0.0.1:8000",
    "http://127.0.0.1:8000",
    "http://127.0.0.1",
    "http://10.0.0.0:1",
  ]);
});
