import { request } from "node:http";
import { containing, scratchPath } from "@trainer/testing";
import { noGrad } from "@trainer/torch";
import { openHome, openModel } from "@trainer/training";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { servedHere, startOpenAi } from "../src/index.js";
import { HERE, serveTiny, TINY, type Served } from "./serve-tiny.js";

let served: Served;
beforeAll(async () => {
  served = await serveTiny(scratchPath("openai-server"));
});
afterAll(() => served[Symbol.asyncDispose]());

const post = (path: string, body: unknown, headers: Record<string, string> = {}, url = served.url) =>
  fetch(url + path, { method: "POST", body: typeof body === "string" ? body : JSON.stringify(body), headers });

const complete = (more: object) => post("/v1/completions", { model: "tiny", prompt: "The", ...more });
const chat = (more: object) =>
  post("/v1/chat/completions", { model: "tiny", messages: [{ role: "user", content: "Hi" }], ...more });

const Refusal = z.object({
  error: z.object({
    message: z.string(),
    type: z.string(),
    param: z.string().nullable(),
    code: z.string().nullable(),
  }),
});

async function refusal(answer: Promise<Response>) {
  const response = await answer;
  return { status: response.status, ...Refusal.parse(await response.json()).error };
}

const Token = z.object({ token: z.string(), bytes: z.array(z.int()) });
const Told = z.object({ choices: z.array(z.object({ logprobs: z.object({ tokens: z.array(z.string()) }) })) });
const ToldChat = z.object({
  choices: z.array(
    z.object({ logprobs: z.object({ content: z.array(Token.extend({ top_logprobs: z.array(Token) })) }) }),
  ),
});
const Choices = z.object({ choices: z.array(z.unknown()) });

test("a request that cannot be answered is refused in OpenAI's words, with the field that is wrong", async () => {
  const told = {
    prompt: Array.from({ length: 400 }, () => Array.from({ length: 32 }, () => 5)),
    echo: true,
    logprobs: 20,
    max_tokens: 0,
  };
  const cases: [Promise<Response>, status: number, param: string | null, message: string][] = [
    [complete({ prompt: undefined }), 400, "prompt", "a text, a list of texts, ids or a list of lists of ids"],
    [complete({ prompt: [] }), 400, "prompt", "a text"],
    [complete({ prompt: [[]] }), 400, "prompt.0", "Too small"],
    [complete({ prompt: ["a", 1] }), 400, "prompt", "a text"],
    [complete({ prompt: [99_999] }), 400, "prompt", "the id 99999 is none of this model's, which are below"],
    [complete({ prompt: "The lamp was out. ".repeat(20) }), 400, "prompt", "maximum context length is 32 tokens"],
    [complete({ max_tokens: -1 }), 400, "max_tokens", "max_tokens"],
    [complete({ temperature: "hot" }), 400, "temperature", "temperature"],
    [complete({ logit_bias: { the: 1 } }), 400, "logit_bias.the", "logit_bias"],
    [complete({ n: 1e9 }), 400, "n", "n:"],
    [complete({ stop: 5 }), 400, "stop", "it is a text, or a list of 16 at most"],
    [complete({ stop: "x".repeat(1025) }), 400, "stop", "<=1024 characters"],
    [complete({ stop: Array.from({ length: 17 }, () => "x") }), 400, "stop", "a list of 16 at most"],
    [complete({ prompt: Array.from({ length: 1025 }, () => [5]), n: 16 }), 400, "prompt", "16400 texts are asked for"],
    [complete({ ...told, n: 16 }), 400, "logprobs", "4300800 log-probabilities of prompts are asked for"],
    [complete({ best_of: 3 }), 400, "best_of", "every text that is written is answered"],
    [complete({ suffix: "end" }), 400, "suffix", "cannot fill a gap"],
    [complete({ model: undefined }), 400, "model", "model"],
    [complete({ model: "gpt-4" }), 404, "model", 'The model "gpt-4" does not exist; there is tiny, chatty'],
    [complete({ model: "gpt".repeat(1000) }), 404, "model", `${"gpt".repeat(66)}gp" does not exist`],
    [chat({ messages: [] }), 400, "messages", "messages"],
    [chat({ messages: [{ role: "tool", content: "" }] }), 400, "messages.0.role", "role"],
    [chat({ tools: [{}] }), 400, "tools", "tools cannot be called"],
    [chat({ response_format: { type: "json_object" } }), 400, "response_format.type", "answers are text"],
    [post("/v1/completions", "{"), 400, null, "the body is no JSON"],
    [post("/v1/completions", ""), 400, "model", "model"],
    [post("/v1/completions", "[]"), 400, null, "the body"],
    [post("/v1/completions", "[".repeat(100_000)), 400, null, "the body is no JSON"],
    [post("/v1/embeddings", {}), 404, null, "there is no POST /v1/embeddings here"],
    [post("/tokenize", { prompt: 1 }), 400, "prompt", "prompt"],
    [post("/tokenize", { model: "x", prompt: "" }), 404, "model", "does not exist"],
    [post("/detokenize", { tokens: [99_999] }), 400, null, "the id 99999 is none of this model's"],
  ];
  for (const [answer, status, param, message] of cases) {
    const found = await refusal(answer);
    expect(found).toMatchObject({ status, type: "invalid_request_error", param });
    expect(found.message).toContain(message);
  }
  expect((await complete({ suffix: "", best_of: 1, stop: "x" })).status).toBe(200);
});

test("a body beyond the limit is refused before it is read", async () => {
  const found = await refusal(complete({ prompt: "x".repeat(33 << 20) }));
  expect(found).toMatchObject({ status: 413, type: "invalid_request_error", code: "payload_too_large" });
});

test("a key is asked for where there is one, as a bearer or by itself", async () => {
  await using keyed = await serveTiny(scratchPath("openai-keyed"), { keys: ["s3cret"] });
  const models = (headers: Record<string, string>) => fetch(`${keyed.url}/v1/models`, { headers });
  expect((await models({ authorization: "Bearer s3cret" })).status).toBe(200);
  expect((await models({ "x-api-key": "s3cret" })).status).toBe(200);
  for (const headers of [{}, { authorization: "Bearer wrong" }, { authorization: "s3cret" }, { "x-api-key": "" }])
    expect(await refusal(models(headers))).toMatchObject({ status: 401, type: "authentication_error" });
  expect((await fetch(`${keyed.url}/healthz`)).status).toBe(200);
  expect(keyed.logged.join("")).not.toContain("s3cret");
});

test("pages of any site may ask with a key, and none without one", async () => {
  await using keyed = await serveTiny(scratchPath("openai-pages"), { keys: ["s3cret"] });
  const origin = { origin: "https://example.com" };
  const leave = {
    ...origin,
    "access-control-request-method": "POST",
    "access-control-request-headers": "authorization",
  };
  const preflight = await fetch(`${keyed.url}/v1/completions`, { method: "OPTIONS", headers: leave });
  expect([preflight.status, preflight.headers.get("access-control-allow-origin")]).toEqual([204, "*"]);
  expect(preflight.headers.get("access-control-allow-headers")).toContain("authorization");
  for (const [key, status] of [
    ["Bearer s3cret", 200],
    ["Bearer wrong", 401],
  ] as const) {
    const answer = await fetch(`${keyed.url}/v1/models/tiny`, { headers: { ...origin, authorization: key } });
    expect([answer.status, answer.headers.get("access-control-allow-origin")]).toEqual([status, "*"]);
  }
  expect((await fetch(`${served.url}/v1/completions`, { method: "OPTIONS", headers: leave })).status).toBe(405);
});

test("of a message that is longer than the context the end is answered", async () => {
  const messages = [{ role: "user", content: "The lamp was out. ".repeat(50) }];
  for (const model of ["tiny", "chatty"]) {
    const answer = await chat({ model, messages, max_tokens: 4 });
    expect(await answer.json()).toMatchObject({ model, usage: { prompt_tokens: 28 } });
  }
});

test("a seed of 64 bits gives the same text again", async () => {
  const written = async (seed: bigint) => {
    const body = `{"model":"tiny","prompt":"The","max_tokens":20,"seed":${seed}}`;
    return Choices.parse(await (await post("/v1/completions", body)).json()).choices;
  };
  const first = await written(2n ** 63n - 1n);
  expect(await written(2n ** 63n - 1n)).toEqual(first);
  expect(await written(2n ** 63n - 2n)).not.toEqual(first);
  expect(await written(-(2n ** 63n))).not.toEqual(first);
});

test("a client may ask for more tokens than are written at a time", async () => {
  const endless = { max_tokens: 1_000_000, temperature: 0, logit_bias: { [served.opened.eosId ?? -1]: -100 } };
  for (const ask of [complete, chat]) {
    const answer: unknown = await (await ask(endless)).json();
    expect(answer).toMatchObject({ usage: { completion_tokens: 1024 } });
  }
});

test("without a key strangers have no way in: neither other machines nor pages of other sites", async () => {
  const foreign = await refusal(post("/v1/completions", {}, { origin: "https://example.com" }));
  expect(foreign).toMatchObject({ status: 403, code: "forbidden" });
  await expect(serveTiny(scratchPath("openai-open"), { host: "0.0.0.0" })).rejects.toThrow("lets other machines in");
  await using taken = await serveTiny(scratchPath("openai-first"));
  const port = Number(new URL(taken.url).port);
  await expect(serveTiny(scratchPath("openai-second"), { port })).rejects.toThrow("EADDRINUSE");
});

test("requests at the same time are answered as each is alone", async () => {
  const asked = Array.from({ length: 24 }, (_, seed) => ({
    prompt: "The lamp".slice(0, 3 + (seed % 5)),
    seed,
    n: 1 + (seed % 3),
  }));
  const text = async (more: object) =>
    Choices.parse(await (await complete({ max_tokens: 20, ...more })).json()).choices;
  const together = await Promise.all(asked.map(text));
  for (const [i, more] of asked.entries()) expect(together[i]).toEqual(await text(more));
});

test("a client that goes away ends its text, and one text too many is refused until then", async () => {
  const logit_bias = { [served.opened.eosId ?? -1]: -100 };
  const many = Array.from({ length: 32 }, () => "The");
  const endless = { model: "tiny", prompt: many, max_tokens: 1024, n: 16, stream: true, logit_bias };
  const body = JSON.stringify(endless);
  const leave = await new Promise<() => void>((resolve, reject) => {
    const req = request(`${served.url}/v1/completions`, { method: "POST" }, (answer) => {
      answer.once("data", () => resolve(() => void req.destroy()));
    });
    req.on("error", reject);
    req.end(body);
  });
  const refused = await complete({});
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "1"]);
  expect(await refused.json()).toMatchObject({ error: { type: "rate_limit_error" } });
  leave();
  await expect.poll(async () => (await complete({})).status).toBe(200);
});

test("weights that give no numbers are a failure of the server's, in a stream too", async () => {
  using broken = await openModel(TINY, { home: openHome("none"), device: "cpu" });
  noGrad(() => broken.model.params.list().forEach((weight) => void weight.fill_(Number.NaN)));
  const models = [servedHere("tiny", 0, broken)];
  await using server = await startOpenAi({ ...HERE, models }, { write: () => {} });
  const asked = { model: "tiny", prompt: "The", max_tokens: 4 };
  const found = await refusal(post("/v1/completions", asked, {}, server.url));
  expect(found).toMatchObject({ status: 500, type: "server_error", code: "model_incompatible" });
  const stream = await (await post("/v1/completions", { ...asked, stream: true }, {}, server.url)).text();
  const [first, last] = stream.split("\n\n");
  expect(JSON.parse((first ?? "").slice(6))).toMatchObject({ error: { code: "model_incompatible" } });
  expect(last).toBe("data: [DONE]");
});

test("the tokenizer is told as other tools ask for it", async () => {
  const { tokenizer } = served.opened;
  const tokens = await (await post("/tokenize", { prompt: "The lamp", add_special_tokens: false })).json();
  const ids = [...tokenizer.encode("The lamp")];
  expect(tokens).toEqual({ tokens: ids, count: ids.length, max_model_len: 32 });
  expect(await (await post("/tokenize", { prompt: "" })).json()).toMatchObject({ count: 1 });
  expect(await (await post("/detokenize", { tokens: ids, model: "chatty" })).json()).toEqual({ prompt: "The lamp" });
  const info: unknown = await (await fetch(`${served.url}/tokenizer_info?model=chatty`)).json();
  expect(info).toMatchObject({ chat_template: containing("m.role"), bos_token: "[BOS]" });
  expect(info).toMatchObject({ eos_token: tokenizer.token(served.opened.eosId ?? -1) });
});

test("a tokenizer that has no token to begin or to end a text is told so", async () => {
  using opened = await openModel(TINY, { home: openHome("none"), device: "cpu" });
  const models = [servedHere("tiny", 0, { ...opened, startId: null, eosId: null })];
  await using server = await startOpenAi({ ...HERE, models }, { write: () => {} });
  const found = await refusal(post("/v1/completions", { model: "tiny", prompt: "" }, {}, server.url));
  expect(found).toMatchObject({ status: 400, type: "invalid_request_error", code: "invalid_input" });
  expect(await (await fetch(`${server.url}/tokenizer_info`)).json()).toMatchObject({ eos_token: null });
});

test("a special token and a part of a character are told as what they are", async () => {
  const eos = served.opened.eosId ?? -1;
  const half = [...served.opened.tokenizer.encode("é")].slice(0, 1);
  const asked = { prompt: [eos, ...half], echo: true, logprobs: 0, max_tokens: 0 };
  const { choices } = Told.parse(await (await complete(asked)).json());
  expect(choices[0]?.logprobs.tokens).toEqual([served.opened.tokenizer.token(eos), String.raw`bytes:\xc3`]);
  const pad = served.opened.tokenizer.specials.pad ?? -1;
  const padded = { logprobs: true, top_logprobs: 20, max_tokens: 1, logit_bias: { [pad]: 100 } };
  const answer = ToldChat.parse(await (await chat(padded)).json());
  const [told] = answer.choices[0]?.logprobs.content ?? [];
  expect(told).toMatchObject({ token: "[PAD]", bytes: [...Buffer.from("[PAD]")] });
  expect(told?.top_logprobs).toHaveLength(20);
});

test("the token that ends a text is told with a completion's, where harnesses look for one more than the prompt has", async () => {
  const eos = served.opened.eosId ?? -1;
  const ending = { logit_bias: { [eos]: 100 } };
  const asked = { ...ending, prompt: [5, 6, 7], echo: true, logprobs: 1, max_tokens: 1 };
  const { choices } = Told.parse(await (await complete(asked)).json());
  expect(choices[0]?.logprobs.tokens).toHaveLength(4);
  expect(choices[0]?.logprobs.tokens[3]).toBe(served.opened.tokenizer.token(eos));
  const answer: unknown = await (await chat({ ...ending, logprobs: true, max_tokens: 4 })).json();
  expect(answer).toMatchObject({ choices: [{ finish_reason: "stop", message: { content: "" }, logprobs: null }] });
});
