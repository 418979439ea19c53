import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { startApi } from "@trainer/api";
import { startSystem, TOKENIZER, type System } from "@trainer/testing/system";
import { end, startWorkerProcess } from "@trainer/testing/worker-process";
import { Refusal } from "@trainer/testing/discord/refusal";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { z } from "zod";
import { startWorld, USER, type World } from "./world.js";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

/** Words that occur nowhere else: of a corpus, of a prompt, and a key. */
const CORPUS = "zqcorpusword";
const PROMPT = "zqpromptword";
const KEY = "zq-api-key-0123456789";

/** All output of processes, and all answers and messages. */
const written: string[] = [];
const log = { write: (line: string) => void written.push(line) };

let system: System;
let worker: Awaited<ReturnType<typeof startWorkerProcess>>;
let api: Awaited<ReturnType<typeof startApi>>;
let world: World;
beforeAll(async () => {
  system = await startSystem({ bankLog: log });
  const { root, redisServer } = system;
  const dataBank = { url: system.bank.url, apiKey: "key" };
  const config = { port: 0, redisUrl: redisServer.url, artifactsRoot: root, dataRoot: root, dataBank, apiKey: KEY };
  api = await startApi({ ...config, logLevel: "debug" }, { log });
  worker = await startWorkerProcess({ ...system.input, logLevel: "debug" }, {}, (text) => void written.push(text));
  const env = { MODEL_TRAINER_RATE_LIMIT: "99", MODEL_TRAINER_API_KEY: KEY, DISCORD_TRAININGS_PER_USER: "0" };
  world = await startWorld({ redis: redisServer, apiUrl: api.url, env });
});
afterAll(async () => {
  await end(worker, "SIGTERM");
  await api[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
  await system[Symbol.asyncDispose]();
});

const ask = async (path: string, body?: unknown, key = KEY) => {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const init = body === undefined ? {} : { method: "POST", body: text };
  const answer = await fetch(`${api.url}${path}`, { ...init, headers: { "x-api-key": key } });
  const said = await answer.text();
  written.push(said);
  return { status: answer.status, said };
};

/** Texts that no run can be trained on, each with the word of a corpus in it. */
const BAD: Readonly<Record<string, string | Buffer>> = {
  "open.jsonl": `{"text": "fine"}\n{"text": ${CORPUS}}\n`,
  "late.jsonl": `${'{"text": "a line like many"}\n'.repeat(50_000)}{"text": "${CORPUS}`, // the run has begun by then
  "nameless.jsonl": `{"name": "${CORPUS}"}\n`,
  "nul.jsonl": `{"text": "${CORPUS}\\u0000"}\n`,
  "array.json": `["fine", ${CORPUS}]`,
  "other.json": `{"items": ["${CORPUS}"]}`, // names of fields are told: who has to name one chooses among them
  "after.json": `["${CORPUS}"] ${CORPUS}`,
  "nul.txt": `${CORPUS}\0${CORPUS}`,
  "wide.txt": Buffer.from(`${CORPUS} `.repeat(50), "utf16le"),
  "latin.txt": Buffer.from(`${CORPUS}\u00e9\u00e9\u00e9\u00e9`.repeat(50), "latin1"),
  "short.txt": CORPUS,
  "cut.txt.gz": gzipSync(`${CORPUS}\n`.repeat(1000)).subarray(0, 40),
  "plain.txt.gz": `${CORPUS}\n`,
};

/** Tokenizers that are trained on some of them. */
const TOKENIZERS = [
  ["open.jsonl", "bpe"],
  ["nul.txt", "bpe"],
  ["short.txt", "sentencepiece"],
] as const;

const MODEL = { model_family: "char_lstm", model_size: "tiny", max_seq_len: 32, device: "cpu" };
const parsed = (text: string) => z.record(z.string(), z.unknown()).parse(JSON.parse(text));

/** Waits until what was accepted is over. */
async function over(path: string): Promise<string> {
  for (;;) {
    const { said } = await ask(path);
    if (!/"status":"(queued|running)"/.test(said)) return said;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const filesBelow = (dir: string): string[] =>
  readdirSync(dir, { recursive: true, encoding: "utf8" })
    .map((name) => join(dir, name))
    .filter((path) => statSync(path).isFile());

/** Every value in Redis, by key and field. Prompts are in the queue and in its results. */
async function inRedis(): Promise<string[]> {
  const { redis } = system;
  const values: string[] = [];
  for (const key of await redis.keys("*")) {
    const type = await redis.type(key);
    if (type === "string") values.push(`${key}=${await redis.get(key)}`);
    else if (type === "hash") {
      for (const [field, value] of Object.entries(await redis.hgetall(key))) values.push(`${key}.${field}=${value}`);
    } else if (type === "stream") values.push(`${key}=${JSON.stringify(await redis.xrange(key, "-", "+"))}`);
    else if (type === "list") values.push(`${key}=${(await redis.lrange(key, 0, -1)).join(" ")}`);
    else
      values.push(
        `${key}=${(type === "set" ? await redis.smembers(key) : await redis.zrange(key, 0, "-1")).join(" ")}`,
      );
  }
  return values;
}

test("no word of a corpus gets into a log, a manifest, Redis, an answer or a message, whatever fails", async () => {
  for (const [name, content] of Object.entries(BAD)) writeFileSync(join(system.root, "corpus", name), content);
  const wanted: string[] = [];
  for (const corpus_path of Object.keys(BAD)) {
    const run = await ask("/runs/train", { ...MODEL, corpus_path, tokenizer_id: TOKENIZER });
    if (run.status === 200) wanted.push(`/runs/${String(parsed(run.said)["run_id"])}`);
  }
  for (const [corpus_path, method] of TOKENIZERS) {
    const made = await ask("/tokenizers/train", { corpus_path, method, vocab_size: 300 });
    wanted.push(`/tokenizers/${String(parsed(made.said)["tokenizer_id"])}`);
  }
  const ended = await Promise.all(wanted.map((path) => over(path)));
  expect(ended.filter((said) => said.includes('"failed"')).length).toBeGreaterThan(12);
  const options = { ...MODEL, corpus: "open.jsonl", tokenizer_id: TOKENIZER };
  await world.discord.invoke({ user: USER, command: "train", options }).reply();
  await vi.waitUntil(() => {
    world.clock.advance(5000);
    return world.discord.world.dms(USER).some(({ embeds }) => embeds[0]?.title === "Training Failed");
  });

  const said = JSON.stringify(world.discord.world.dms(USER));
  expect(said).toContain("not JSON");
  const files = filesBelow(system.root).filter((path) => !path.startsWith(join(system.root, "corpus")));
  const kept = files.filter((path) => /\.(json|jsonl)$/.test(path) && !path.endsWith("tokenizer.json"));
  const manifests = kept.map((path) => readFileSync(path, "utf8"));
  expect(manifests.join("")).toContain("late.jsonl:50001: not JSON");
  expect(written.join("")).toContain("open.jsonl:2: not JSON");
  const places = [...written, said, ...manifests, ...(await inRedis())];
  expect(places.filter((text) => text.includes(CORPUS))).toEqual([]);
});

test("no word of what a person asks gets into a log or a reason, whatever fails, and neither does a key", async () => {
  const broken = join(system.root, "models", "broken");
  mkdirSync(broken, { recursive: true });
  writeFileSync(join(broken, "config.json"), '{"model_type":"gpt2"}');
  writeFileSync(join(broken, "model.safetensors"), "no weights");
  writeFileSync(join(system.root, "corpus", "asked.txt"), `${PROMPT}\0`);
  const questions: readonly [path: string, body: Record<string, unknown>][] = [
    ["generate", { prompt_text: PROMPT, stop_sequences: [PROMPT] }],
    ["generate", { prompt_path: "asked.txt" }],
    ["score", { text: PROMPT }],
    ["score", { path: "asked.txt" }],
    ["chat", { message: PROMPT }],
  ];
  for (const [kind, body] of questions) {
    const { status, said } = await ask(`/runs/broken/${kind}`, body);
    expect(status).toBe(200);
    const { session_id: session, request_id: request } = parsed(said);
    const path = kind === "chat" ? `chat/${String(session)}/${String(request)}` : `${kind}/${String(request)}`;
    expect(await over(`/runs/broken/${path}`)).toContain('"status":"failed"');
  }
  await ask("/runs/broken/generate", `{"prompt_text": ${PROMPT}}`);
  await ask("/runs/broken/generate", `{"prompt_text": "${PROMPT}`);
  await ask("/runs/broken/generate", { prompt_text: PROMPT, temperature: 99 });
  expect((await ask("/runs", undefined, `${KEY}-wrong`)).status).toBe(401);

  await system.redis.config("SET", "maxmemory", "1");
  const refused = await ask("/runs/broken/generate", { prompt_text: PROMPT });
  await system.redis.config("SET", "maxmemory", "0");
  expect(refused.status).toBeGreaterThanOrEqual(500);
  // Redis refuses a command that has all of the question among its arguments.
  const counter = "bull:trainer-inference:id";
  await system.redis.multi().rename(counter, "aside").lpush(counter, "no number").exec();
  expect((await ask("/runs/broken/generate", { prompt_text: PROMPT })).status).toBe(500);
  await system.redis.multi().del(counter).rename("aside", counter).exec();

  const form = new FormData();
  form.append("file", new Blob([PROMPT]), `${PROMPT}.txt`);
  await fetch(`${system.bank.url}/files`, { method: "POST", body: form, headers: { "x-api-key": `${KEY}-wrong` } });
  const half = `--x\r\ncontent-disposition: form-data; name="file"; filename="${PROMPT}"\r\n\r\n${PROMPT}`;
  const headers = { "x-api-key": "key", "content-type": "multipart/form-data; boundary=x" };
  await fetch(`${system.bank.url}/files`, { method: "POST", body: half, headers });

  const run = await ask("/runs/train", { ...MODEL, corpus_path: "corpus.txt", tokenizer_id: TOKENIZER });
  const runId = String(parsed(run.said)["run_id"]);
  await over(`/runs/${runId}`);
  for (const run_id of ["broken", runId]) {
    using _fault = world.discord.fault((method) => (method === "PATCH" ? new Refusal(400, 50035, "no") : null));
    const options = { run_id, prompt: PROMPT, max_new_tokens: 4 };
    const from = world.log.length;
    world.discord.invoke({ user: USER, command: "trainer", sub: "generate", options });
    await world.logged("interaction_failed", from);
  }
  for (const url of [api.url, system.bank.url]) written.push(await (await fetch(`${url}/metrics`)).text());

  // What is asked is in the queue, and names a conversation where there is a list of them.
  const asked = /^(bull:trainer-inference:[^.]*\.data|runs:conversation:summary:[^=]*)=/;
  const reasons = (await inRedis()).filter((value) => !asked.test(value));
  const places = [...written, ...world.log, ...reasons];
  expect(places.filter((text) => text.includes(PROMPT))).toEqual([]);
  expect(places.filter((text) => text.includes(KEY) || text.includes(world.discord.token))).toEqual([]);
});
