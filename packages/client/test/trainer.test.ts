import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { join } from "node:path";
import { startSystem } from "@trainer/testing/api";
import { expect, test } from "vitest";
import { z } from "zod";
import { TrainerClient } from "../src/index.js";

test("what is listed can be asked for page by page and by status; what is not there says so, with the request's id", async () => {
  await using system = await startSystem();
  const client = new TrainerClient({ url: `${system.url}/`, retries: 0 });
  expect(await client.tokenizers()).toEqual({ tokenizers: [] });
  const corpus_file_id = "f";
  const ids = [];
  for (let i = 0; i < 3; i++) ids.unshift((await client.train({ corpus_file_id })).run_id);
  const first = await client.runs({ limit: 2 });
  const second = await client.runs({ limit: 2, cursor: first.next, status: "queued" });
  expect([...first.runs, ...second.runs].map(({ run_id }) => run_id)).toEqual(ids);
  expect((await client.runs({ cursor: null, status: "failed" })).runs).toEqual([]);
  await expect(client.run("none", { requestId: "mine" })).rejects.toMatchObject({
    name: "ServiceError",
    code: "RUN_NOT_FOUND",
    status: 404,
    requestId: "mine",
  });
  await expect(client.chatHistory("none", "s")).rejects.toMatchObject({ status: 404 });
  expect(await client.ready()).toMatchObject({ status: "degraded" }); // nobody works
  expect((await client.capabilities()).model_families.length).toBeGreaterThan(0);
  expect((await client.catalogue()).total).toBe(3);
  const page = await client.catalogue({ offset: 1, limit: 5, sort: "run_id", order: "asc", q: ids[1] ?? "" });
  expect(page).toEqual({ runs: [], next: null, total: 1 });
  const notes = { tags: ["best"], note: "of this week" };
  expect(await client.writeNotes(ids[0] ?? "", notes)).toEqual(notes);
  expect(await client.notes(ids[0] ?? "")).toEqual(notes);
  expect((await client.files(ids[0] ?? "")).files.map(({ path }) => path)).toEqual(["notes.json"]);
  expect((await client.evaluations(ids[0] ?? "")).evaluations).toEqual([]);
  expect((await client.samples(ids[0] ?? "")).samples).toEqual([]);
  await expect(client.artifact(ids[0] ?? "")).rejects.toMatchObject({ status: 404 });
});

test("the system is asked for, and cleaned up", async () => {
  await using system = await startSystem();
  const client = new TrainerClient({ url: system.url, retries: 0 });
  expect(await client.system()).toMatchObject({ queues: [{ name: "trainer" }, {}], workers: [], jobs: [] });
  expect(await client.cleanup()).toEqual({ dry_run: true, bytes_freed: 0, decisions: [], failures: [] });
  expect(await client.cleanup({ dry_run: false, kinds: ["bins"] })).toMatchObject({ dry_run: false });
});

test("a run that has failed is gone on with, and one that has ended is removed; what is not there is not given", async () => {
  await using system = await startSystem();
  const client = new TrainerClient({ url: system.url, retries: 0 });
  const { run_id: id } = await client.train({ corpus_file_id: "f" });
  await expect(client.removeRun(id)).rejects.toMatchObject({ code: "CONFLICT", status: 409 });
  await system.runs.set(id, { status: "failed" });
  expect(await client.resume(id)).toMatchObject({ run_id: id });
  expect((await client.run(id)).status).toBe("queued");
  for (const give of [client.manifest(id), client.archive(id)])
    await expect(give).rejects.toMatchObject({ code: "DATA_NOT_FOUND", status: 404 });
  await system.runs.set(id, { status: "failed" });
  expect(await client.removeRun(id)).toMatchObject({ run_id: id });
  await expect(client.run(id)).rejects.toMatchObject({ code: "RUN_NOT_FOUND" });
});

test("a conversation is listed, asked for, and ended", async () => {
  await using system = await startSystem();
  const client = new TrainerClient({ url: system.url, retries: 0 });
  await system.sessions.begin("r", "s", "Hello");
  expect(await client.chats("r")).toMatchObject({ chats: [{ session_id: "s", title: "Hello" }] });
  expect(await client.chatHistory("r", "s")).toMatchObject({ messages: [] });
  await client.endChat("r", "s");
  await expect(client.chatHistory("r", "s")).rejects.toMatchObject({ status: 404 });
});

/** A server that gives each request a test's answer. */
async function answering(answer: (req: IncomingMessage, res: ServerResponse, nth: number) => void) {
  const asked: string[] = [];
  const server = createServer((req, res) => {
    asked.push(`${req.method} ${req.url}`);
    answer(req, res, asked.length);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = z.object({ port: z.number() }).parse(server.address());
  const client = new TrainerClient({ url: `http://127.0.0.1:${port}`, apiKey: "k", retries: 2, backoffMs: 1 });
  return {
    asked,
    client,
    [Symbol.dispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
}

test("an answer that is none of a trainer's is said to be none", async () => {
  for (const body of ["<html>", '{"run_id":5}']) {
    using server = await answering((_, res) => res.end(body));
    await expect(server.client.run("r")).rejects.toMatchObject({ code: "INVALID_ANSWER" });
    expect(server.asked).toEqual(["GET /runs/r"]);
  }
});

const accepted = { request_id: "q", session_id: "s", status: "queued" };
const event = (name: string, data: object) => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
const DONE = { ...accepted, status: "completed", outputs: ["ab"], response: "ab" };

test("text is heard as it comes, and the answer is asked for where the rest of it was lost", async () => {
  const heard: string[] = [];
  using server = await answering((req, res, nth) => {
    if (nth > 1) return void res.end(JSON.stringify(DONE));
    expect(req.headers.accept).toBe("text/event-stream");
    res.setHeader("content-type", "text/event-stream");
    res.write(event("accepted", accepted) + event("text", { type: "text", sequence: 1, text: "a" }), () =>
      res.destroy(),
    );
  });
  const onText = (text: string, sequence: number) => heard.push(`${sequence}${text}`);
  const answer = await server.client.generate("r", { prompt_text: "x" }, { onText });
  expect(answer).toMatchObject({ outputs: ["ab"] });
  expect(heard).toEqual(["1a"]);
  expect(server.asked).toEqual(["POST /runs/r/generate", "GET /runs/r/generate/q"]);
});

test("tokens of a tokenizer are searched for page by page", async () => {
  await using system = await startSystem();
  const client = new TrainerClient({ url: system.url });
  const folder = join(system.root, "tokenizers", "tok");
  mkdirSync(folder, { recursive: true });
  const vocab = { a: 0, ab: 1, "b&c": 2 };
  writeFileSync(join(folder, "tokenizer.json"), JSON.stringify({ kind: "char", specials: [], vocab }));
  expect((await client.vocabulary("tok")).token_count).toBe(3);
  const found = await client.vocabulary("tok", { q: "b", offset: 1, limit: 5 });
  expect(found).toMatchObject({ found: 2, tokens: [{ id: 2, text: "b&c" }] });
  expect((await client.vocabulary("tok", { q: "&" })).found).toBe(1);
  await expect(client.vocabulary("none")).rejects.toMatchObject({ code: "TOKENIZER_NOT_FOUND" });
});

test("the tokens of a text are asked for until they are there", async () => {
  const queued = { request_id: "q", tokenizer_id: "a b", status: "queued" };
  using server = await answering((_, res, nth) =>
    res.end(JSON.stringify(nth < 3 ? queued : { ...queued, status: "completed", ids: [7] })),
  );
  expect(await server.client.encode("a b", { text: "x" })).toMatchObject({ ids: [7], starts: null });
  const path = "/tokenizers/a%20b/encode";
  expect(server.asked).toEqual([`POST ${path}`, `GET ${path}/q`, `GET ${path}/q`]);
});

test("an estimate of a training is asked for, and waited for", async () => {
  const queued = { request_id: "e", status: "queued" };
  using server = await answering((_, res, nth) =>
    res.end(JSON.stringify(nth < 3 ? queued : { ...queued, status: "completed", parameters: 5 })),
  );
  const told = await server.client.estimate({ corpus_path: "book.txt" });
  expect(told).toMatchObject({ parameters: 5, seconds: null, reasons: {} });
  expect(server.asked).toEqual(["POST /runs/estimate", "GET /estimates/e", "GET /estimates/e"]);
});

test("a short answer is polled for sooner than `everyMs`", async () => {
  using server = await answering((_, res, nth) => res.end(JSON.stringify(nth < 4 ? accepted : DONE)));
  const answer = await server.client.generate("r", { prompt_text: "x" }, { everyMs: 3_600_000 });
  expect(answer).toMatchObject({ outputs: ["ab"] });
});

test("a question whose answer was lost before it was accepted is not asked twice by itself", async () => {
  using server = await answering((_, res) => res.destroy());
  const listening = { onText: () => {} };
  await expect(server.client.chat("r", { message: "x" }, listening)).rejects.toMatchObject({ code: "UNREACHABLE" });
  await expect(server.client.chat("r", { message: "x" })).rejects.toMatchObject({ code: "UNREACHABLE" });
  expect(server.asked).toHaveLength(2);
});

test("a stream that accepts nothing is no answer", async () => {
  using server = await answering((_, res) => res.setHeader("content-type", "text/event-stream").end(event("done", {})));
  const asked = server.client.generate("r", { prompt_text: "x" }, { onText: () => {} });
  await expect(asked).rejects.toMatchObject({ code: "INVALID_ANSWER" });
});

test("somebody who stops listening hears no more, though the question was accepted", async () => {
  const stop = new AbortController();
  using server = await answering((_, res) => {
    res.setHeader("content-type", "text/event-stream").write(event("accepted", accepted), () => stop.abort());
  });
  const asked = server.client.generate("r", { prompt_text: "x" }, { onText: () => {}, signal: stop.signal });
  await expect(asked).rejects.toMatchObject({ name: "AbortError" });
  expect(server.asked).toHaveLength(1);
});

test("metrics are asked for whole, and lines of a kind that is not known are passed over", async () => {
  using server = await answering((req, res) => {
    if (req.url !== "/runs/r/metrics/stream")
      return void res.end('{"run_id":"r","steps":[],"evaluations":[],"total_steps_logged":0}');
    res
      .setHeader("content-type", "text/event-stream")
      .end(`data: {"new":1}\n\ndata: ${JSON.stringify(EVALUATION)}\n\n`);
  });
  expect(await server.client.metrics("r")).toMatchObject({ run_id: "r", steps: [] });
  const rows = [];
  for await (const row of server.client.followMetrics("r")) rows.push(row);
  expect(rows).toEqual([EVALUATION]);
  expect(server.asked).toEqual(["GET /runs/r/metrics", "GET /runs/r/metrics/stream"]);
});

const EVALUATION = { split: "test", step: 1, epoch: 0, tokens: 1, loss: 1, ppl: 2, bits_per_byte: 3 };

test("what a service cannot do now is asked for again, a training by the key it was asked for with", async () => {
  const keys = new Set<unknown>();
  using server = await answering((req, res, nth) => {
    keys.add(req.headers["idempotency-key"]);
    expect(req.headers["x-api-key"]).toBe("k");
    if (nth === 1) return void res.writeHead(503, { "retry-after": "0" }).end("{}");
    if (nth === 2) return void res.destroy();
    res.end(JSON.stringify({ run_id: "r", job_id: "r" }));
  });
  expect(await server.client.train({ corpus_file_id: "f" })).toMatchObject({ run_id: "r" });
  expect(server.asked).toHaveLength(3);
  expect(keys.size).toBe(1);
});
