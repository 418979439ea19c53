import { GenerateResponse } from "@trainer/platform/browser";
import { afterEach, expect, test, vi } from "vitest";
import { answering, nothing, refusal, type Answer, type Request } from "../testing/answers.js";
import { eventStream } from "../testing/event-stream.js";
import { answerOf, type Following } from "./answers.js";
import { ApiError } from "./ask.js";

afterEach(() => vi.unstubAllGlobals());

const PATH = "/runs/r1/generate";
const POST = `POST ${PATH}`;
const GET = `GET ${PATH}/q1`;
const QUEUED = { status: "queued", request_id: "q1" };
const DONE = { status: "completed", outputs: ["so it goes"], steps: 3, request_id: "q1" };

type Stream = ReturnType<typeof eventStream>;

/** An answer of events; what is sent first is sent before any other. */
const streaming =
  (onOpen: (stream: Stream) => void) =>
  ({ signal }: Request) => {
    const stream = eventStream(signal);
    onOpen(stream);
    return stream.response;
  };

function asked(more: Partial<Following<GenerateResponse>> = {}) {
  const heard: unknown[] = [];
  const answer = answerOf(
    {
      schema: GenerateResponse,
      path: PATH,
      body: { prompt_text: "and" },
      answerPath: ({ request_id }) => `${PATH}/${request_id}`,
    },
    {
      signal: new AbortController().signal,
      onAccepted: ({ request_id }) => heard.push(request_id),
      onText: (text, sequence) => heard.push([sequence, text]),
      onAway: (isAway) => heard.push(isAway ? "away" : "back"),
      pollMs: 10,
      ...more,
    },
  );
  return { heard, answer };
}

/** Answers one after another. */
const inTurn =
  (...answers: (() => Answer)[]) =>
  () =>
    (answers.shift() ?? nothing)();

test("text of a model comes as it is written, and the answer is the last of it", async () => {
  const all = answering({
    [POST]: streaming(({ send, sendBytes, end }) => {
      send("accepted", QUEUED);
      sendBytes(new TextEncoder().encode(": keep-alive\n\n"));
      send("text", { type: "text", sequence: 1, text: "so\nit" });
      const snow = new TextEncoder().encode('event: text\ndata: {"sequence":0,"text":"☃ goes"}\n\n');
      sendBytes(snow.subarray(0, 36)); // its character comes in two pieces
      sendBytes(snow.subarray(36, 37));
      sendBytes(snow.subarray(37));
      send("progress", { type: "progress", progress: 1 });
      send("result", DONE);
      send("done", {});
      end();
    }),
  });
  const { heard, answer } = asked();
  expect(await answer).toMatchObject(DONE);
  expect(heard).toEqual(["q1", [1, "so\nit"], [0, "☃ goes"]]);
  expect(all).toMatchObject([{ body: { prompt_text: "and" }, headers: { accept: "text/event-stream" } }]);
});

test("an answer whose stream breaks off is looked for until the service has it", async () => {
  let breakOff = () => {};
  answering({
    [POST]: streaming((stream) => {
      stream.send("accepted", QUEUED);
      stream.send("text", { sequence: 0, text: "so" });
      breakOff = stream.breakOff;
    }),
    [GET]: inTurn(
      nothing,
      () => refusal(503, "REDIS_UNAVAILABLE", "come again"),
      () => refusal(429, "RATE_LIMIT_EXCEEDED", "too many"),
      () => ({ ...QUEUED, status: "running" }),
      () => DONE,
    ),
  });
  const { heard, answer } = asked({ onText: () => breakOff() });
  expect(await answer).toMatchObject(DONE);
  expect(heard).toEqual(["q1", "away", "back"]);
});

test("a stream that ends early without an answer is no end either", async () => {
  const failed = { ...DONE, status: "failed", message: "no memory" };
  answering({ [POST]: accepted, [GET]: failed });
  expect(await asked().answer).toMatchObject({ status: "failed", message: "no memory" });
});

const accepted = streaming(({ send, end }) => {
  send("accepted", QUEUED);
  end();
});

test("an answer that the service has forgotten is not looked for for ever", async () => {
  answering({ [POST]: accepted, [GET]: refusal(404, "DATA_NOT_FOUND", "generate request not found") });
  await expect(asked().answer).rejects.toMatchObject({ code: "DATA_NOT_FOUND", message: "generate request not found" });
});

test("what is refused, unreachable or unintelligible at once is an error", async () => {
  answering({ [POST]: refusal(422, "INVALID_INPUT", "seed must be >= 0") });
  await expect(asked().answer).rejects.toMatchObject({ status: 422, message: "seed must be >= 0" });

  answering({ [POST]: nothing });
  await expect(asked().answer).rejects.toMatchObject({ isUnreachable: true });

  for (const body of [
    "",
    'event: accepted\ndata: "yes"\n\n',
    "event: accepted\ndata: {\n\n",
    "event: done\ndata: {}\n\n",
    null,
  ]) {
    answering({ [POST]: new Response(body) });
    const refused = asked().answer;
    await expect(refused).rejects.toBeInstanceOf(ApiError);
    await expect(refused).rejects.toMatchObject({ code: "INVALID_ANSWER" });
  }
});

test("a stream that is stopped is read no further, and nothing is looked for", async () => {
  const stop = new AbortController();
  const all = answering({ [POST]: streaming(({ send }) => send("accepted", QUEUED)) });
  const { answer } = asked({ signal: stop.signal, onAccepted: () => stop.abort() });
  await expect(answer).rejects.toMatchObject({ name: "AbortError" });
  expect(all).toHaveLength(1);
});

test("an answer that is looked for can be stopped as well", async () => {
  const stop = new AbortController();
  const look = () => {
    setTimeout(() => stop.abort(), 20);
    return QUEUED;
  };
  const all = answering({ [POST]: accepted, [GET]: look });
  const { answer } = asked({ signal: stop.signal, pollMs: 60_000 });
  await expect(answer).rejects.toMatchObject({ name: "AbortError" });
  expect(all).toHaveLength(2);
});
