import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { TrainerClient } from "@trainer/client";
import { DataBankClient } from "@trainer/client/data-bank";
import { decodeEvent, EVENTS_CHANNEL } from "@trainer/platform";
import { openRedis } from "@trainer/platform/redis";
import { z } from "zod";
import { SHAKESPEARE } from "./bundled.js";
import { ask, atFixedRate, quantile } from "./fixed-rate.js";
import { median, type Benchmark, type Side } from "./report.js";
import { freePort, redisUrl, startRedis, stopped } from "./redis-server.js";
import { addressesOf, run, trainer } from "./system.js";
import { temporaryFolder } from "./token-file.js";

const PER_SECOND = 500;
const SECONDS = 10;
const QUEUED = 1000;
const LISTED = 200;
/** Size of the corpus: a training of half a minute. */
const CORPUS_BYTES = 600_000;
/** ModelRequests after the first one to the same model. */
const ANSWERS = 20;
/** Settings of both ways of training, by the names of requests and by those of the command. */
const TRAINING = { model_size: "tiny", max_seq_len: 128, batch_size: 8, num_epochs: 1, seed: 1 };
const FLAGS = [
  "--size",
  "tiny",
  "--max-seq-len",
  "128",
  "--batch-size",
  "8",
  "--num-epochs",
  "1",
  "--seed",
  "1",
  "--vocab-size",
  "4096",
];

type Note = (name: string, values: readonly number[]) => void;

/** The service under load, and what being in it costs a training. */
export const api: Benchmark = async ({ rounds, threads, log }) => {
  const found = new Map<string, number[][]>();
  const note: Note = (name, values) => {
    const sorted = [...values].sort((a, b) => a - b);
    found.set(name, [...(found.get(name) ?? []), sorted]);
    log(`${name}: p50 ${quantile(sorted, 0.5).toFixed(2)}, p99 ${quantile(sorted, 0.99).toFixed(2)} ms`);
  };
  for (let round = 0; round < rounds; round++) {
    await underLoad(note);
    await training(threads, note);
  }
  const side = (name: string, of: string): Side => {
    const rows = found.get(of) ?? [];
    const p99 = median(rows.map((sorted) => quantile(sorted, 0.99)));
    return { name, rounds: rows.map((sorted) => quantile(sorted, 0.5)), evidence: `p99 ${p99.toFixed(2)} ms` };
  };
  return {
    benchmark: "api",
    unit: "ms",
    better: "lower",
    works: [
      { name: `GET /runs/{id}, ${PER_SECOND} a second`, sides: [side("API", "get")] },
      { name: `POST /runs/train, ${PER_SECOND} a second`, sides: [side("API", "post")] },
      {
        name: "GET /runs?limit=50",
        sides: [side(`with ${QUEUED} queued runs`, "list"), side("with 50", "list of 50")],
      },
      { name: "a step of a tiny GPT-2", sides: [side("in the service", "service"), side("trainer train", "alone")] },
      { name: "from a step to its event at a subscriber", sides: [side("service", "event")] },
      {
        name: "one new token by POST /runs/{id}/generate",
        sides: [side("a model that is loaded", "next answer"), side("the first question", "first answer")],
      },
    ],
  };
};

/** The API and its Redis alone: what is queued stays so. */
async function underLoad(note: Note): Promise<void> {
  using folder = temporaryFolder();
  const redisPort = await freePort();
  const redis = await startRedis(folder.path, redisPort);
  await using _redis = { [Symbol.asyncDispose]: () => stopped(redis, "SIGTERM") };
  const port = await freePort();
  const env = {
    REDIS_URL: redisUrl(redisPort),
    APP__DATA_ROOT: folder.path,
    APP__ARTIFACTS_ROOT: folder.path,
    LOG_LEVEL: "error",
  };
  await using _api = trainer(["api"], { ...env, PORT: String(port), REQUESTS_PER_MINUTE: "0" });
  const url = `http://127.0.0.1:${port}`;
  while ((await fetch(`${url}/healthz`).catch(() => null)) === null) await sleep(50);
  const body = JSON.stringify({ ...TRAINING, corpus_file_id: "a".repeat(64), tokenizer_id: "tok-0000000000" });
  const post = { url: `${url}/runs/train`, method: "POST", body } as const;
  const list = async () => {
    const times: number[] = [];
    for (let i = 0; i < LISTED; i++) {
      const began = performance.now();
      await ask({ url: `${url}/runs?limit=50` });
      times.push(performance.now() - began);
    }
    return times;
  };
  for (let i = 0; i < 50; i++) await ask(post);
  note("list of 50", await list());
  for (let i = 50; i < QUEUED; i++) await ask(post);
  note("list", await list());
  const { run_id: id } = z.object({ run_id: z.string() }).parse(JSON.parse(await ask(post)));
  note("get", await atFixedRate(PER_SECOND, SECONDS, () => ({ url: `${url}/runs/${id}` })));
  note("post", await atFixedRate(PER_SECOND, SECONDS, () => post));
}

const Step = z.object({ step: z.number(), step_ms: z.number() });

/** The times of a run's steps, without the first ones. */
const stepTimes = (metrics: string): number[] =>
  metrics.split("\n").flatMap((line) => {
    const row = Step.safeParse(line === "" ? null : JSON.parse(line));
    return row.success && row.data.step > 10 ? [row.data.step_ms] : [];
  });

/** The same training by the command and by the whole system. */
async function training(threads: number, note: Note): Promise<void> {
  using folder = temporaryFolder();
  const corpus = join(folder.path, "corpus.txt");
  writeFileSync(corpus, readFileSync(SHAKESPEARE).subarray(0, CORPUS_BYTES));
  const [alone, served] = [join(folder.path, "alone"), join(folder.path, "served")];
  const where = ["--home", alone, "--document", "line", "--threads", String(threads)];
  await run(["train", corpus, ...where, ...FLAGS, "--run-id", "alone", "--no-evaluate"]);
  note("alone", stepTimes(readFileSync(join(alone, "models", "alone", "metrics.jsonl"), "utf8")));

  const env = { APP__THREADS: String(threads), APP__CLEANUP__ENABLED: "false" };
  await using _system = trainer(["serve", "--home", served, "--port", "0", "--data-bank-port", "0"], env);
  const { api, "data-bank": bank, redis, keys } = await addressesOf(served);
  const client = new TrainerClient({ url: api.url, apiKey: keys.api_key });
  const files = new DataBankClient({ url: bank.url, apiKey: keys.data_bank_key });
  const { file_id: corpus_file_id } = await files.upload(corpus, "text/plain");
  const tokenizer = await client.trainTokenizer({ vocab_size: 4096, corpus_file_id });
  await client.waitForTokenizer(tokenizer.tokenizer_id);
  const delays: number[] = [];
  const listener = openRedis(redis.url);
  listener.on("message", (_, message) => {
    const event = decodeEvent(message);
    if (event?.type === "trainer.metrics.progress.v1" && event.at !== undefined)
      delays.push(Date.now() - 1000 * event.at);
  });
  await listener.subscribe(EVENTS_CHANNEL);
  const { tokenizer_id } = tokenizer;
  const { run_id: id } = await client.train({ ...TRAINING, corpus_file_id, tokenizer_id });
  const ended = await client.waitForRun(id);
  listener.disconnect();
  if (ended.status !== "completed") throw new Error(`the run failed: ${ended.message}`);
  note("service", stepTimes(readFileSync(join(served, "models", id, "metrics.jsonl"), "utf8")));
  note("event", delays);
  const answer = async () => {
    const began = performance.now();
    await client.generate(id, { prompt_text: "O", max_new_tokens: 1 }, { everyMs: 5 });
    return performance.now() - began;
  };
  note("first answer", [await answer()]);
  const next: number[] = [];
  for (let i = 0; i < ANSWERS; i++) next.push(await answer());
  note("next answer", next);
}
