import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { once } from "node:events";
import { expect, test } from "vitest";
import { z } from "zod";
import { eventStream } from "../src/trainer/event-stream.js";
import { TrainerClient } from "../src/trainer/client.js";
import { Requests } from "../src/trainer/requests.js";

/** A server whose n-th connection is answered by the n-th of these; later ones are refused. */
async function serving(...answers: ((req: IncomingMessage, res: ServerResponse) => void)[]) {
  const asked: (string | undefined)[] = [];
  const server = createServer((req, res) => {
    asked.push([req.headers["last-event-id"]].flat()[0]);
    const answer = answers.shift();
    if (answer === undefined) res.destroy();
    else answer(req, res.setHeader("content-type", "text/event-stream"));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = z.object({ port: z.number() }).parse(server.address());
  const url = `http://127.0.0.1:${port}`;
  const requests = new Requests({ url, retries: 2, backoffMs: 1 });
  return { asked, url, requests, [Symbol.dispose]: () => void server.close() };
}

async function dataOf(requests: Requests, signal?: AbortSignal): Promise<string[]> {
  const data: string[] = [];
  for await (const event of eventStream(requests, "/events", { signal })) data.push(event.data);
  return data;
}

test("a stream that breaks off is taken up behind the last event that had an id, none lost and none twice", async () => {
  using server = await serving(
    (_, res) => res.write("id: 1\ndata: a\n\nid: 2\ndata: b\n\nid: 3\nda", () => res.destroy()),
    (_, res) => res.destroy(),
    (_, res) => res.end(": keep-alive\n\nid: 3\ndata: \u00e9\n\ndata: without id\n\n"),
  );
  expect(await dataOf(server.requests)).toEqual(["a", "b", "é", "without id"]);
  expect(server.asked).toEqual([undefined, "2", "2"]);
});

test("a stream that fails on the service's side is taken up again, and given up with what the service said", async () => {
  const failure = '{"code":"LOGS_READ_FAILED","message":"failed to read logs","request_id":"r"}';
  const failing = (_: IncomingMessage, res: ServerResponse) => {
    res.write(`event: error\ndata: ${failure}\n\n`, () => res.destroy());
  };
  using passing = await serving(failing, (_, res) => res.end("data: a\n\n"));
  expect(await dataOf(passing.requests)).toEqual(["a"]);
  using lasting = await serving(failing, failing, failing);
  await expect(dataOf(lasting.requests)).rejects.toMatchObject({
    code: "LOGS_READ_FAILED",
    message: "failed to read logs",
  });
});

test("a stream that never comes again is given up with what happened", async () => {
  using server = await serving();
  await expect(dataOf(server.requests)).rejects.toMatchObject({ code: "UNREACHABLE" });
  expect(server.asked).toHaveLength(3);
});

test("a refusal is not tried again", async () => {
  using server = await serving((_, res) => {
    res.writeHead(404).end('{"code":"RUN_NOT_FOUND","message":"run not found","request_id":"x"}');
  });
  await expect(dataOf(server.requests)).rejects.toMatchObject({ code: "RUN_NOT_FOUND", status: 404 });
  expect(server.asked).toHaveLength(1);
});

test("somebody who no longer listens is not connected again", async () => {
  const stop = new AbortController();
  using server = await serving((_, res) => {
    res.write("data: a\n\n", () => stop.abort());
  });
  await expect(dataOf(server.requests, stop.signal)).rejects.toMatchObject({ name: "AbortError" });
  expect(server.asked).toHaveLength(1);
});

test("a line that is no event is passed over", async () => {
  using server = await serving((_, res) => res.end("what: is this\n\ndata: a\n\n"));
  expect(await dataOf(server.requests)).toEqual(["a"]);
});

test("an event that is no JSON, or says nothing of what was asked for, is no answer", async () => {
  const answering = async (text: string, ask: (client: TrainerClient) => Promise<unknown>) => {
    using server = await serving((_, res) => res.end(text));
    const ended = ask(new TrainerClient({ url: server.url, retries: 0 }));
    await expect(ended).rejects.toMatchObject({ name: "ServiceError", code: "INVALID_ANSWER" });
  };
  await answering("data: {\n\n", (client) => client.followMetrics("r").next());
  for (const event of ["event: accepted\ndata: {", "event: accepted\ndata: {}", "event: text\ndata: {"])
    await answering(`${event}\n\n`, (client) => client.generate("r", {}, { onText() {} }));
});

test("an event without end is given up", async () => {
  using server = await serving((_, res) => {
    const write = () => void (res.destroyed || res.write("x".repeat(1 << 20), write));
    res.write("data: ", write);
  });
  await expect(dataOf(server.requests)).rejects.toMatchObject({ code: "INVALID_ANSWER" });
  expect(server.asked).toHaveLength(1);
});
