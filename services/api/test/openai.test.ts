import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { answerLines, servedHere } from "@trainer/openai/answers";
import { OpenAiResult, RunId } from "@trainer/platform";
import { containing } from "@trainer/testing";
import { request, startSystem, USER, type System } from "@trainer/testing/system";
import { openHome, openModel } from "@trainer/training";
import type { Worker } from "@trainer/worker";
import OpenAI from "openai";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { startApi } from "../src/start.js";

// OpenAI's own client for JavaScript, before the whole system: API, queue, worker.

/** A GPT-2 of random weights with a context of 32. */
const TINY = fileURLToPath(new URL("../../../packages/training/test/fixtures/tiny-gpt2", import.meta.url));
const KEY = "s3cret";
const RUN = RunId.parse("trained");

let system: System;
let worker: Worker;
let api: Awaited<ReturnType<typeof startApi>>;
let client: OpenAI;
beforeAll(async () => {
  system = await startSystem();
  const { redisUrl, artifactsRoot, dataRoot } = system.input;
  api = await startApi({ port: 0, redisUrl, artifactsRoot, dataRoot, apiKey: KEY, logLevel: "silent", pollMs: 20 });
  client = new OpenAI({ baseURL: `${api.url}/v1`, apiKey: KEY, maxRetries: 0 });
  worker = await system.startWorker();
});
afterAll(async () => {
  await worker.stop();
  await api[Symbol.asyncDispose]();
  await system[Symbol.asyncDispose]();
});

const ask = (path: string, body?: object, headers: Record<string, string> = { authorization: `Bearer ${KEY}` }) =>
  fetch(api.url + path, body === undefined ? { headers } : { method: "POST", body: JSON.stringify(body), headers });
const json = async (answer: Promise<Response>): Promise<unknown> => (await answer).json();

test("the only model there is is meant where none is named", async () => {
  const exported = join(system.root, "exports");
  expect(await json(ask("/tokenizer_info"))).toMatchObject({
    error: { param: "model", message: containing("there are none") },
  });
  cpSync(TINY, join(exported, "tiny"), { recursive: true });
  const tokens = await json(ask("/tokenize", { prompt: "The lamp", add_special_tokens: false }));
  const { tokens: ids } = z.object({ tokens: z.array(z.int()) }).parse(tokens);
  expect(await json(ask("/detokenize", { tokens: ids }))).toEqual({ prompt: "The lamp" });
  expect(await json(ask("/tokenizer_info"))).toMatchObject({ bos_token: "[BOS]", chat_template: null });
});

test("completed runs and exported models are listed, runs first, and asked by their names", async () => {
  await system.train(RUN, { num_epochs: 1 });
  expect((await system.ended(RUN)).status).toBe("completed");
  await system.runs.create("unfinished", USER, request());
  const { data } = await client.models.list();
  expect(data.map(({ id }) => id)).toEqual([RUN, "tiny"]);
  expect(Math.abs(Date.now() / 1000 - (data[0]?.created ?? 0))).toBeLessThan(300);
  expect(await client.models.retrieve("export~tiny")).toMatchObject({ id: "export~tiny", object: "model" });
  const answer = await client.completions.create({ model: RUN, prompt: "the king", max_tokens: 4, temperature: 0 });
  expect(answer.choices[0]?.text).toHaveLength(4); // a character a token

  const refused = (model: string) => client.completions.create({ model, prompt: "a" }).catch((error: unknown) => error);
  expect(await refused("unfinished")).toMatchObject({
    status: 404,
    code: "model_not_found",
    message: containing("queued"),
  });
  expect(await refused("none")).toMatchObject({ status: 404, message: containing("GET /v1/models lists") });
  expect(await refused("../etc")).toMatchObject({ status: 404, param: "model" });
  const unnamed = z
    .object({ error: z.object({ message: z.string() }) })
    .parse(await json(ask("/tokenize", { prompt: "" })));
  expect(unnamed.error.message).toContain("say which is meant: there are 2");
});

test("an export that has a run's name is listed by its id", async () => {
  const root = join(system.root, "exports");
  cpSync(TINY, join(root, RUN), { recursive: true });
  const { data } = await client.models.list();
  expect(data.map(({ id }) => id)).toEqual([RUN, "tiny", `export~${RUN}`]);
});

test("an answer through the queue is that of the model itself, whole and in pieces", async () => {
  using opened = await openModel(TINY, { home: openHome(system.root), device: "cpu" });
  const here = servedHere("tiny", 0, opened);
  const asked = { model: "tiny", prompt: ["The lamp", "Who"], max_tokens: 9, n: 2, seed: 5, logprobs: 2, echo: true };
  const own = [];
  for await (const line of answerLines(here, { about: "completion", request: asked }, new AbortController().signal))
    own.push(line);
  const texts = ["", "", "", ""];
  for (const { index, text } of own.slice(1).map(partIn)) texts[index] += text;

  const whole = await client.completions.create(asked);
  expect(whole.choices.map(({ text }) => text)).toEqual(texts);
  expect(whole.usage?.completion_tokens).toBeGreaterThan(30);
  const found = ["", "", "", ""];
  const tokens: string[][] = [[], [], [], []];
  let usage;
  const stream = await client.completions.create({ ...asked, stream: true, stream_options: { include_usage: true } });
  for await (const piece of stream) {
    usage = piece.usage ?? usage;
    for (const { index, text, logprobs } of piece.choices) {
      found[index] += text;
      tokens[index]?.push(...(logprobs?.tokens ?? []));
    }
  }
  expect(found).toEqual(texts);
  expect(tokens).toEqual(whole.choices.map(({ logprobs }) => logprobs?.tokens));
  expect(usage).toEqual(whole.usage);

  const messages = [{ role: "user" as const, content: "Hi" }];
  const chat = { model: "tiny", messages, max_tokens: 6, seed: 1, logprobs: true, top_logprobs: 1 };
  const answer = await client.chat.completions.create(chat);
  let said = "";
  for await (const { choices } of await client.chat.completions.create({ ...chat, stream: true }))
    said += choices[0]?.delta.content ?? "";
  expect(said.trimEnd()).toBe(answer.choices[0]?.message.content);
  expect(answer.choices[0]?.logprobs?.content?.length).toBe(answer.usage?.completion_tokens);
});

const partIn = (line: string) =>
  z
    .object({ index: z.int(), text: z.string() })
    .parse(JSON.parse(line.slice(line.indexOf("{"), line.lastIndexOf("}") + 1)));

test("without a seed each answer is drawn anew", async () => {
  const asked = { model: "tiny", prompt: "The", max_tokens: 20 };
  const [a, b] = [await client.completions.create(asked), await client.completions.create(asked)];
  expect(a.choices[0]?.text).not.toBe(b.choices[0]?.text);
  const said = { model: "tiny", messages: [{ role: "user" as const, content: "Hi" }], max_tokens: 20 };
  const [c, d] = [await client.chat.completions.create(said), await client.chat.completions.create(said)];
  expect(c.choices[0]?.message.content).not.toBe(d.choices[0]?.message.content);
});

test("what the model refuses is refused in OpenAI's words, and what a worker cannot do is told", async () => {
  const refused = await client.completions
    .create({ model: "tiny", prompt: "The lamp was out. ".repeat(20) })
    .catch(String);
  expect(refused).toContain("maximum context length is 32 tokens");
  const streamed = ask("/v1/completions", { model: "tiny", prompt: [99_999], stream: true });
  expect([(await streamed).status, await json(streamed)]).toMatchObject([400, { error: { param: "prompt" } }]);
  const strange = ask("/v1/chat/completions", { model: "tiny", messages: [] });
  expect([(await strange).status, await json(strange)]).toMatchObject([400, { error: { param: "messages" } }]);

  const broken = join(system.root, "exports", "broken");
  cpSync(TINY, broken, { recursive: true });
  writeFileSync(join(broken, "model.safetensors"), "no weights");
  const failed = ask("/v1/completions", { model: "broken", prompt: "a" });
  expect([(await failed).status, await json(failed)]).toMatchObject([500, { error: { type: "server_error" } }]);
});

test("a key is asked for as a bearer or by itself, also by the rest of the API, and pages of other sites may ask with it", async () => {
  expect((await ask("/v1/models", undefined, { "x-api-key": KEY })).status).toBe(200);
  expect((await ask("/runs", undefined, { authorization: `bearer ${KEY}` })).status).toBe(200);
  const refused = await ask("/v1/models", undefined, {});
  expect([refused.status, await refused.json()]).toMatchObject([401, { error: { type: "authentication_error" } }]);
  const origin = { origin: "https://example.com", authorization: `Bearer ${KEY}` };
  const answer = await ask("/v1/models", undefined, origin);
  expect([answer.status, answer.headers.get("access-control-allow-origin")]).toEqual([200, "*"]);
  const leave = { ...origin, "access-control-request-method": "POST" };
  const preflight = await fetch(`${api.url}/v1/completions`, { method: "OPTIONS", headers: leave });
  expect([preflight.status, preflight.headers.get("access-control-allow-origin")]).toEqual([204, "*"]);
  const elsewhere = await ask("/runs", undefined, origin);
  expect(elsewhere.headers.get("access-control-allow-origin")).toBeNull();
});

test("a client that goes away has its answer ended, and leaves nothing that is listened to", async () => {
  const gone = new AbortController();
  const asked = { model: "tiny", prompt: "The", max_tokens: 1024, n: 8, logit_bias: { [await eos()]: -100 } };
  const stream = await client.completions.create({ ...asked, stream: true }, { signal: gone.signal });
  await stream[Symbol.asyncIterator]().next();
  gone.abort();
  const statuses = async () => {
    const keys = await system.redis.keys("runs:openai:*");
    const texts = await Promise.all(
      keys.filter((key) => !key.endsWith(":abandoned")).map((key) => system.redis.get(key)),
    );
    return texts.map((text) => OpenAiResult.safeParse(JSON.parse(text ?? "")).data?.status);
  };
  await expect.poll(statuses).toContain("failed");
  await expect.poll(statuses).not.toContain("running");
  await expect.poll(() => system.redis.pubsub("CHANNELS", "runs:openai:*")).toEqual([]);
});

async function eos(): Promise<number> {
  using opened = await openModel(TINY, { home: openHome(system.root), device: "cpu" });
  return opened.eosId ?? -1;
}
