import { mkdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { IncomingMessage } from "node:http";
import { matching } from "@trainer/testing";
import { startSystem, type System } from "@trainer/testing/api";
import { createParser } from "eventsource-parser";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import {
  ChatResponse,
  ChatResult,
  GenerateResponse,
  GenerateResult,
  keys,
  parseJson,
  QueuedTokenizers,
  ScoreResponse,
  ScoreResult,
  TokenizerList,
  toWireJson,
} from "@trainer/platform";

let system: System;
beforeAll(async () => void (system = await startSystem()));
beforeEach(async () => void (await system.redis.flushall()));
afterAll(() => system[Symbol.asyncDispose]());

/** Defaults of requests for the tokens around a text. */
const UNFRAMED = { bos: "auto", special_tokens: false };
const UUID = matching(/^[0-9a-f-]{36}$/);
const jobs = async () =>
  (await system.inference.getJobs(["waiting"])).map(
    ({ id, name, data }: { id?: string; name: string; data: unknown }) => ({
      id,
      name,
      data,
    }),
  );

test("an evaluation of a run is queued, and its latest result kept", async () => {
  mkdirSync(join(system.root, "models", "r1"), { recursive: true });
  writeFileSync(join(system.root, "models", "r1", "model.safetensors"), "");
  expect(await system.ask("/runs/r1/eval")).toMatchObject({
    status: 404,
    json: { code: "EVAL_NOT_FOUND", message: "evaluation not found" },
  });
  const queued = {
    run_id: "r1",
    split: "validation",
    status: "queued",
    loss: null,
    perplexity: null,
    artifact_path: null,
  };
  expect((await system.ask("/runs/r1/evaluate", { method: "POST" })).json).toEqual(queued);
  expect((await system.ask("/runs/r1/eval")).json).toMatchObject(queued);
  expect(await jobs()).toEqual([
    {
      id: UUID,
      name: "eval",
      data: {
        run_id: "r1",
        request: { split: "validation", document: null, format: null, path_override: null, ...UNFRAMED },
      },
    },
  ]);
  await system.results.evaluation("r1").set({
    status: "completed",
    split: "test",
    loss: 1,
    ppl: Infinity,
    figures: { "rewards/margins": 2 },
    artifact: "/m.json",
  });
  expect((await system.ask("/runs/r1/eval")).json).toEqual({
    run_id: "r1",
    split: "test",
    status: "completed",
    loss: 1,
    perplexity: null,
    figures: { "rewards/margins": 2 },
    artifact_path: "/m.json",
  });
  await system.redis.set(keys.evaluation("r1"), "[]");
  expect(await system.ask("/runs/r1/eval")).toMatchObject({
    status: 404,
    json: { code: "EVAL_NOT_FOUND", message: "evaluation cache corrupt" },
  });
});

test("an evaluation of a run that nobody knows has failed, which is no error", async () => {
  for (const runId of ["none", "..%2fmodels", "%00"]) {
    expect(await system.ask(`/runs/${runId}/evaluate`, { body: { split: "test", unknown: 1 } })).toMatchObject({
      status: 200,
      json: { split: "test", status: "failed", loss: null, message: "run not found" },
    });
  }
  expect(await jobs()).toEqual([]);
  await system.ask("/runs/train", { body: { corpus_file_id: "f" } });
  const [runId] = await system.redis.zrange(keys.runs, "0", "0");
  expect((await system.ask(`/runs/${runId}/evaluate`, { body: {} })).json).toMatchObject({ status: "queued" });
});

test("a text is scored: queued at first, then with its result", async () => {
  const { json, status } = await system.ask("/runs/r1/score", { body: { text: "to be", top_k: null, unknown: 1 } });
  const nothing = { loss: null, perplexity: null, surprisal: null, topk: null, tokens: null };
  expect([status, json]).toEqual([200, { request_id: UUID, status: "queued", ...nothing }]);
  const { request_id: id } = ScoreResponse.parse(json);
  expect(await jobs()).toEqual([
    {
      id,
      name: "score",
      data: {
        run_id: "r1",
        request_id: id,
        request: { text: "to be", path: null, detail_level: "summary", top_k: null, seed: null, ...UNFRAMED },
      },
    },
  ]);
  const done = { status: "completed", loss: 1.5, perplexity: 4.5, topk: [[["a", 0.5]]] } as const;
  await system.results.score("r1", id).set(ScoreResult.parse(done));
  expect((await system.ask(`/runs/r1/score/${id}`)).json).toEqual({ ...nothing, ...done, request_id: id });
  expect(await system.ask("/runs/r1/score/none")).toMatchObject({
    status: 404,
    json: { code: "DATA_NOT_FOUND", message: "score request not found" },
  });
});

test.each([
  ["score", {}, 422, "either text or path must be provided"],
  ["score", { text: "a", path: "b" }, 422, "text and path are mutually exclusive"],
  ["score", { text: "a", top_k: 0 }, 400, "top_k must be >= 1"],
  ["generate", { prompt_text: "a", max_new_tokens: 1025 }, 400, "max_new_tokens must be <= 1024"],
  ["generate", { prompt_text: "a", stop_on_eos: 1 }, 422, "stop_on_eos must be a boolean"],
  ["chat", {}, 400, "message is required"],
  ["evaluate", { path_override: 1 }, 422, "path_override must be a string"],
  ["evaluate", "{", 422, matching(/^the body is no JSON: .*position 1$/)],
  ["evaluate", [], 422, "Invalid request body"],
  ["evaluate", { split: "train" }, 422, "split must be one of: test, validation"],
])("%s of %j is refused", async (what, body, status, message) => {
  expect(await system.ask(`/runs/r1/${what}`, { body })).toMatchObject({
    status,
    json: { code: "INVALID_INPUT", message },
  });
});

test("what cannot be a run's id never reaches a worker as one", async () => {
  for (const [what, body] of [
    ["score", { text: "a" }],
    ["generate", { prompt_text: "a" }],
    ["chat", { message: "a" }],
  ] as const)
    expect(await system.ask(`/runs/..%2f..%2fetc/${what}`, { body })).toMatchObject({
      status: 404,
      json: { code: "RUN_NOT_FOUND" },
    });
  expect(await jobs()).toEqual([]);
});

test("text is written: queued at first, then with its result", async () => {
  const { json } = await system.ask("/runs/r1/generate", { body: { prompt_text: "" } });
  const { request_id: id } = GenerateResponse.parse(json);
  expect(json).toEqual({ request_id: UUID, status: "queued", outputs: null, steps: null, eos_terminated: null });
  const done = { status: "completed", outputs: ["é\ud83d\ude00"], steps: 3, eos_terminated: [true] } as const;
  await system.results.generation("r1", id).set(GenerateResult.parse(done));
  expect((await system.ask(`/runs/r1/generate/${id}`)).json).toEqual({ ...done, request_id: id });
  expect((await system.ask("/runs/r1/generate/none")).json).toMatchObject({ message: "generate request not found" });
});

test("a conversation begins, has a history, and is forgotten", async () => {
  const { json } = await system.ask("/runs/r1/chat", { body: { message: "Hello" } });
  expect(json).toEqual({ session_id: UUID, request_id: UUID, status: "queued", response: null });
  const { session_id: session, request_id: id } = ChatResponse.parse(json);
  const turns = [{ role: "user", content: "Hello" } as const, { role: "assistant", content: "Hi" } as const];
  const result = ChatResult.parse({ status: "completed", response: "Hi" });
  await system.sessions.keep("r1", session, turns, system.results.chat("r1", session, id), result);
  const path = `/runs/r1/chat/${session}`;
  expect((await system.ask(`${path}/${id}`)).json).toEqual({
    session_id: session,
    request_id: id,
    status: "completed",
    response: "Hi",
  });
  expect((await system.ask(path)).json).toMatchObject({
    run_id: "r1",
    messages: turns,
    created_at: matching(/\+00:00$/),
  });
  const listed = async () => (await system.ask("/runs/r1/chat")).json;
  const last_turn_at = matching(/\+00:00$/);
  expect(await listed()).toEqual({
    chats: [{ session_id: session, title: "Hello", message_count: 2, last_turn_at }],
  });
  expect(await system.ask("/runs/..%2fr1/chat")).toMatchObject({ status: 404, json: { code: "RUN_NOT_FOUND" } });
  for (let i = 0; i < 2; i++)
    expect((await system.ask(path, { method: "DELETE" })).json).toEqual({ status: "cancellation-requested" });
  expect(await system.ask(path)).toMatchObject({ status: 404, json: { message: "session not found" } });
  expect(await listed()).toEqual({ chats: [] });
  expect((await system.ask(`${path}/none`)).json).toMatchObject({ message: "chat request not found" });
  // One that a client made up has no history, but works.
  const own = await system.ask("/runs/r1/chat", { body: { message: "Hello", session_id: "mine" } });
  expect(own).toMatchObject({ status: 200, json: { session_id: "mine" } });
  expect((await system.ask("/runs/r1/chat/mine")).status).toBe(404);
});

const EVENTS = { accept: "text/event-stream" };
const publish = (key: string, ...pieces: object[]) =>
  Promise.all(pieces.map((piece) => system.redis.publish(keys.stream(key), toWireJson(piece))));

/** The events of an answer, as they come. */
async function* eventsIn(answer: IncomingMessage) {
  const ready: { name: string | undefined; data: unknown }[] = [];
  const parser = createParser({ onEvent: ({ event, data }) => ready.push({ name: event, data: parseJson(data) }) });
  for await (const chunk of answer.setEncoding("utf8")) {
    parser.feed(String(chunk));
    yield* ready.splice(0);
  }
}

test("text that is written comes piece by piece to who wants events, and the result at the end", async () => {
  const answer = await system.open("/runs/r1/generate", { body: { prompt_text: "a" }, headers: EVENTS });
  expect(answer.headers).toMatchObject({ "content-type": "text/event-stream; charset=utf-8", "x-request-id": UUID });
  const events = eventsIn(answer);
  const accepted = (await events.next()).value;
  expect(accepted).toMatchObject({ name: "accepted", data: { status: "queued" } });
  const { request_id: id } = GenerateResponse.parse(accepted?.data);
  const slot = system.results.generation("r1", id);
  const piece = (text: string) => ({ type: "text", sequence: 0, text });
  await publish(slot.key, piece("b"), piece("c"), { type: "of tomorrow" });
  for (const text of ["b", "c"]) expect((await events.next()).value).toEqual({ name: "text", data: piece(text) });
  const done = GenerateResult.parse({ status: "completed", outputs: ["bc"] });
  await slot.set(done);
  await publish(slot.key, { type: "done" });
  expect((await events.next()).value).toEqual({ name: "result", data: { ...done, request_id: id } });
  expect((await events.next()).value).toEqual({ name: "done", data: { type: "done" } });
  expect((await events.next()).done).toBe(true);
});

test("a failure is told with its reason, also where the word of it was lost", async () => {
  for (const message of ["no such run", null]) {
    const answer = await system.open("/runs/r1/score", { body: { text: "a" }, headers: EVENTS });
    const events = eventsIn(answer);
    const { request_id: id } = ScoreResponse.parse((await events.next()).value?.data);
    await system.results.score("r1", id).set(ScoreResult.parse({ status: "failed", message }));
    expect((await events.next()).value).toMatchObject({ name: "result", data: { status: "failed" } });
    expect((await events.next()).value).toEqual({
      name: "failed",
      data: { type: "failed", message: message ?? "it failed" },
    });
    expect((await events.next()).done).toBe(true);
  }
});

test("when a client goes in the middle, nobody listens for it any more, and its answer is marked as abandoned until it polls", async () => {
  const answer = await system.open("/runs/r1/chat", { body: { message: "a" }, headers: EVENTS });
  const ids = ChatResponse.parse((await eventsIn(answer).next()).value?.data);
  const slot = system.results.chat("r1", ids.session_id, ids.request_id);
  expect(await slot.isAbandoned()).toBe(false);
  const channels = async () => (await system.redis.pubsub("CHANNELS", "runs:chat:*")).length;
  expect(await channels()).toBe(1);
  answer.destroy();
  while ((await channels()) > 0) await sleep(10);
  while (!(await slot.isAbandoned())) await sleep(10);
  expect((await system.ask(`/runs/r1/chat/${ids.session_id}/${ids.request_id}`)).status).toBe(200);
  expect(await slot.isAbandoned()).toBe(false);
  expect((await system.ask("/metrics")).text).toContain("api_streams 0");
});

test("where the job cannot be queued, nobody listens in vain", async () => {
  await system.redis.set("bull:trainer-inference:meta", "no hash");
  const answer = await system.ask("/runs/r1/generate", { body: { prompt_text: "a" }, headers: EVENTS });
  expect(answer.status).toBe(500);
  while ((await system.redis.pubsub("CHANNELS", "runs:gen:*")).length > 0) await sleep(10);
});

test("tokenizers are queued, told of and listed", async () => {
  const { json } = await system.ask("/tokenizers/train", { body: { corpus_file_id: "f", vocab_size: 300 } });
  const id = matching(/^tok-\d{10}$/);
  expect(json).toEqual({
    tokenizer_id: id,
    artifact_path: matching(/tokenizers\/tok-\d{10}$/),
    coverage: null,
    oov_rate: null,
  });
  const [job] = await system.trainer.getJobs(["waiting"]);
  expect(job).toMatchObject({
    name: "tokenizer",
    data: { tokenizer_id: id, request: { vocab_size: 300, method: "bpe" } },
  });
  const kept = await new QueuedTokenizers(system.root).all(); // for a Redis that loses its data
  expect(kept).toMatchObject([{ tokenizerId: id, request: { vocab_size: 300, method: "bpe" } }]);
  const nothing = { coverage: null, oov_rate: null, token_count: null, char_coverage: null };
  const path = `/tokenizers/${String(job?.id)}`;
  expect((await system.ask(path)).json).toMatchObject({ status: "queued", ...nothing });
  await system.tokenizers.setStatus(String(job?.id), "running");
  await system.tokenizers.setProgress(String(job?.id), 40);
  expect((await system.ask(path)).json).toMatchObject({ status: "running", progress: 40, ...nothing });
  const losses = { lost_share: 0.25, unknown_characters: 3, unknown_share: 0.01, line_breaks: false };
  const stats = { coverage: 1, oov_rate: 0, token_count: 5, char_coverage: 1, ...losses };
  await system.tokenizers.complete(String(job?.id), stats);
  const { json: completed } = await system.ask(path);
  expect(completed).toMatchObject({ status: "completed", ...stats });
  expect(completed).not.toHaveProperty("progress");
  expect((await system.ask("/tokenizers")).json).toMatchObject({ tokenizers: [{ tokenizer_id: id, ...stats }] });
  expect(await system.ask("/tokenizers/none")).toMatchObject({ status: 200, json: { status: "unknown", ...nothing } });
  expect(await system.ask("/tokenizers/train", { body: { corpus_path: "none" } })).toMatchObject({ status: 404 });
  expect(await system.ask("/tokenizers/train", { body: { corpus_file_id: "f", vocab_size: 127 } })).toMatchObject({
    status: 400,
    json: { message: "vocab_size must be >= 128" },
  });
});

test("a tokenizer that only the home knows is there all the same, and what is damaged is unknown", async () => {
  const contract = { coverage: 1, oov_rate: 0, token_count: 5, char_coverage: 1 };
  const stats = { ...contract, lost_share: 0, unknown_characters: 0, unknown_share: 0, line_breaks: true };
  const config = { method: "bpe", special_tokens: [] };
  const made = (id: string, manifest: string) => {
    mkdirSync(join(system.root, "tokenizers", id), { recursive: true });
    writeFileSync(join(system.root, "tokenizers", id, "manifest.json"), manifest);
  };
  made("tok-1", JSON.stringify({ created_at: 1, config, stats }));
  made("earlier", JSON.stringify({ created_at: 1, config, stats: contract }));
  made("bare", JSON.stringify({ created_at: 1, config }));
  made("torn", '{"created_at":');
  writeFileSync(join(system.root, "manifest.json"), JSON.stringify({ created_at: 1, config, stats }));
  const told = async (id: string) => (await system.ask(`/tokenizers/${id}`)).json;
  expect(await told("tok-1")).toMatchObject({ tokenizer_id: "tok-1", status: "completed", ...stats });
  expect(await told("earlier")).toEqual({
    tokenizer_id: "earlier",
    artifact_path: join(system.root, "tokenizers", "earlier"),
    status: "completed",
    ...contract,
  });
  expect(await told("bare")).toMatchObject({ status: "completed", coverage: null, token_count: null });
  expect(await told("torn")).toMatchObject({ status: "unknown" });
  expect(await told("..%2f..%2fkeys.json")).toMatchObject({ status: "unknown", artifact_path: "" });
  symlinkSync("nowhere", join(system.root, "tokenizers", "gone"));
  ["earlier", "bare", "tok-1", "torn"].forEach((id, i) => utimesSync(join(system.root, "tokenizers", id), i, i));
  const listed = async (limit: number) => {
    const { json } = await system.ask(`/tokenizers?limit=${limit}`);
    return TokenizerList.parse(json).tokenizers.map(({ tokenizer_id: id }) => id);
  };
  expect(await listed(9)).toEqual(["tok-1", "bare", "earlier"]);
  await system.tokenizers.create("tok-2", 1500); // between them
  expect(await listed(9)).toEqual(["tok-1", "tok-2", "bare", "earlier"]);
  expect(await listed(2)).toEqual(["tok-1", "tok-2"]);
  expect((await system.ask("/tokenizers?limit=9")).json).toMatchObject({
    tokenizers: [await told("tok-1"), {}, {}, {}],
  });
  await system.tokenizers.fail("tok-9", "there is no text");
  expect(await told("tok-9")).toMatchObject({ status: "failed", message: "there is no text", coverage: null });
  await system.tokenizers.create("tok-1"); // it is made again
  expect(await told("tok-1")).toMatchObject({ status: "queued", coverage: null });
});

test("capabilities are those of the registries", async () => {
  const { json } = await system.ask("/capabilities");
  expect(json).toMatchObject({
    model_families: [
      { name: "gpt2", tokenizer_method: "bpe" },
      { name: "llama" },
      { name: "qwen" },
      { name: "olmo2" },
      { name: "gpt_neox" },
      { name: "phi3" },
      {
        name: "char_lstm",
        tokenizer_method: "char",
        precisions: ["fp32", "fp16", "bf16", "tf32"],
        dimensions: ["embed_dim", "hidden_dim", "num_layers", "dropout"],
      },
    ],
    tokenizer_methods: [
      { name: "bpe", least_vocab_size: 260 },
      { name: "char", least_vocab_size: null },
      { name: "sentencepiece" },
    ],
    optimizers: ["adamw", "adam", "sgd", "muon", "schedule_free"],
    plugins: [],
  });
});
