import { existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { containing, matching } from "@trainer/testing";
import { ask, startSystem, type System } from "@trainer/testing/api";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { keys, queues, RunList, storedRequest, TrainAccepted, TrainRequest, type RunProgress } from "@trainer/platform";
import { listRuns, openHome, RequestStore } from "@trainer/training/files";

let system: System;
beforeAll(async () => {
  system = await startSystem();
  writeFileSync(join(system.root, "corpus", "a.txt"), "a text");
  writeFileSync(join(system.root, "secret.txt"), "no text");
});
beforeEach(async () => void (await system.redis.flushall()));
afterAll(() => system[Symbol.asyncDispose]());

const train = (body: unknown, headers: Record<string, string> = {}) =>
  system.ask("/runs/train", { method: "POST", body, headers });
const ACCEPTED = { run_id: matching(/^gpt2-small-\d{10}-[0-9a-f]{8}$/), job_id: matching(/./) };
const FILE = "a".repeat(64);

test("a training is noted before it is queued, with a user's id of 64 bits", async () => {
  const answer = await train(`{"corpus_file_id":"${FILE}","tokenizer_id":"t","user_id":9007199254740993123}`);
  expect(answer).toMatchObject({ status: 200, json: ACCEPTED });
  const [job] = await system.trainer.getJobs(["waiting"]);
  const runId = runIdIn(answer.json);
  expect(job).toMatchObject({
    id: runId,
    name: queues.trainer[0],
    data: { run_id: runId, user_id: "9007199254740993123", request: { corpus_file_id: FILE, num_epochs: 1 } },
  });
  expect(await system.runs.get(runId)).toMatchObject({
    status: "queued",
    message: "queued",
    userId: 9007199254740993123n,
  });
  expect((await system.ask(`/runs/${runId}`)).json).toMatchObject({
    run_id: runId,
    status: "queued",
    last_heartbeat_ts: null,
    message: "queued",
    model_family: "gpt2",
    model_size: "small",
    training: null,
  });
});

test("a training takes all that the command line takes of text, model and length; what is left out is as it always was", async () => {
  const asked = {
    max_steps: 7,
    document: "file",
    document_separator: " auto ",
    corpus_format: "jsonl",
    special_tokens: true,
    model_config: { n_layer: 2, embd_pdrop: 0.2 },
    eval_tokens: 1000,
    sample_every: 25,
    tokenizer_method: "bpe",
    vocab_size: 300,
    min_frequency: 3,
  };
  const requestOf = async (body: object) =>
    (await system.runs.get(runIdIn((await train({ corpus_file_id: FILE, ...body })).json)))?.request;
  expect(await requestOf(asked)).toMatchObject({ ...asked, document_separator: "auto" });
  expect(await requestOf({ tokenizer_id: "t", tokenizer_method: "bpe", vocab_size: 100 })).toMatchObject({
    max_steps: null,
    document: "line",
    document_separator: "none",
    corpus_format: "auto",
    special_tokens: false,
    model_config: null,
    eval_tokens: 0,
    sample_every: 0,
    min_frequency: 2,
  });
  expect((await train({ corpus_file_id: FILE, tokenizer_method: "char", vocab_size: 1 })).status).toBe(200);
  expect((await train({ corpus_file_id: FILE, tokenizer_method: "bpe" })).status).toBe(200);
});

test("runs asked for within one second have different ids", async () => {
  const answers = await Promise.all(Array.from({ length: 20 }, () => train({ corpus_file_id: FILE })));
  expect(new Set(answers.map(({ text }) => text)).size).toBe(20);
});

test.each([
  ["{", 400, "INVALID_JSON", matching(/^the body is no JSON: .*reached end of input at position 1$/)],
  ['{"seed":1,"seed":2}', 400, "INVALID_JSON", matching(/^the body is no JSON: Duplicate key 'seed'/)],
  ["[".repeat(100_000), 400, "INVALID_JSON", "the body is no JSON: it is nested too deeply"],
  ["[]", 400, "INVALID_INPUT", "Invalid request body"],
  ["", 400, "INVALID_INPUT", "Invalid request body"],
  [{}, 400, "INVALID_INPUT", "corpus_file_id is required"],
  [{ corpus_file_id: FILE, b: 1, a: 1 }, 422, "INVALID_INPUT", "Extra fields not allowed: a, b"],
  [{ corpus_file_id: FILE, seed: true }, 400, "INVALID_INPUT", "seed must be an integer"],
  [{ corpus_file_id: FILE, max_seq_len: 7 }, 400, "INVALID_INPUT", "max_seq_len must be >= 8"],
  [
    { corpus_file_id: FILE, model_family: "bert" },
    400,
    "INVALID_INPUT",
    "model_family must be one of: char_lstm, gpt2, gpt_neox, llama, olmo2, phi3, qwen",
  ],
  [
    { corpus_file_id: FILE, model_size: "../x" },
    400,
    "INVALID_MODEL_SIZE",
    "model_size must be one of: large, medium, small, tiny, xl for gpt2",
  ],
  [{ corpus_file_id: FILE, max_steps: 0 }, 400, "INVALID_INPUT", "max_steps must be >= 1"],
  [{ corpus_file_id: FILE, eval_tokens: -1 }, 400, "INVALID_INPUT", "eval_tokens must be >= 0"],
  [{ corpus_file_id: FILE, document: "page" }, 400, "INVALID_INPUT", "document must be one of: file, line, paragraph"],
  [
    { corpus_file_id: FILE, document_separator: " \n" },
    400,
    "INVALID_INPUT",
    "document_separator must not be empty; none is for no such line",
  ],
  [{ corpus_file_id: FILE, document_separator: "a\nb" }, 400, "INVALID_INPUT", "document_separator must be one line"],
  [
    { corpus_file_id: FILE, model_config: { nLayer: 2, n_embd: 8, width: 3 } },
    400,
    "INVALID_INPUT",
    matching(/^model_config has no nLayer, width for gpt2; there are: n_layer, n_embd, n_head, n_inner, /),
  ],
  [
    { corpus_file_id: FILE, model_config: { n_layer: "2" } },
    400,
    "INVALID_INPUT",
    "model_config.n_layer must be a number or a boolean",
  ],
  [
    { corpus_file_id: FILE, model_config: { n_layer: 0 } },
    400,
    "INVALID_INPUT",
    matching(/^model_config: .*n_layer.*>0/),
  ],
  [
    { corpus_file_id: FILE, model_config: { n_layer: 1e9 } },
    400,
    "INVALID_INPUT",
    matching(/^model_config: .*n_layer: must be <= 1024/),
  ],
  [
    { corpus_file_id: FILE, model_config: { n_embd: 100, n_head: 3 } },
    400,
    "INVALID_INPUT",
    matching(/^model_config: .*n_embd 100 is not a multiple of n_head 3/),
  ],
  [
    { corpus_file_id: FILE, tokenizer_method: "bpe", vocab_size: 100 },
    400,
    "INVALID_INPUT",
    "vocab_size must be >= 260 for bpe",
  ],
  [{ corpus_file_id: " " }, 404, "CORPUS_NOT_FOUND", "corpus_file_id must be non-empty"],
  [
    { corpus_file_id: FILE, corpus_path: "a.txt" },
    422,
    "INVALID_INPUT",
    "corpus_path and corpus_file_id are mutually exclusive",
  ],
])("%#: a training of this kind is refused, and nothing is noted", async (body, status, code, message) => {
  const answer = await train(body);
  expect(answer).toMatchObject({ status, json: { code, message, request_id: answer.headers["x-request-id"] } });
  expect(await system.redis.keys("trainer:*")).toEqual([]);
});

test("what a request says of its body does not matter, only that it is JSON", async () => {
  for (const type of ["text/plain", "nonsense", "application/x-www-form-urlencoded"])
    expect((await train(JSON.stringify({ corpus_file_id: FILE }), { "content-type": type })).status).toBe(200);
});

test("a body that is too large is refused", async () => {
  await using small = await startSystem({ bodyBytes: 1000 });
  const body = { corpus_file_id: "a".repeat(2000) };
  expect(await small.ask("/runs/train", { body })).toMatchObject({ status: 413, json: { code: "PAYLOAD_TOO_LARGE" } });
});

test("a family that is not there is an unsupported backend", async () => {
  await using bare = await startSystem({}, { families: new Map() });
  expect(await bare.ask("/runs/train", { body: { corpus_file_id: FILE } })).toMatchObject({
    status: 400,
    json: { code: "UNSUPPORTED_BACKEND", message: "model backend unavailable: gpt2" },
  });
});

test("a corpus path leads into the corpus folder, whatever links are on its way", async () => {
  const corpus = join(system.root, "corpus");
  symlinkSync("/etc", join(corpus, "out"));
  symlinkSync(join(corpus, "a.txt"), join(corpus, "in.txt"));
  mkdirSync(join(corpus, "many"));
  mkdirSync(join(system.root, "corpus2"));
  for (const path of ["a.txt", "./many/../a.txt", "in.txt", "many", ".", join(corpus, "a.txt")])
    expect([path, (await train({ corpus_path: path })).status]).toEqual([path, 200]);
  for (const path of ["../secret.txt", "out/passwd", "/etc/passwd", "../corpus2", "..", "none.txt", "a\0b"])
    expect([path, await train({ corpus_path: path })]).toMatchObject([
      path,
      { status: 404, json: { code: "CORPUS_NOT_FOUND", message: containing("corpus_path") } },
    ]);
  await using bare = await startSystem({ dataRoot: "/nowhere" });
  expect((await bare.ask("/runs/train", { body: { corpus_path: "/etc" } })).status).toBe(404);
});

test("the same idempotency key gives the same run, and one job", async () => {
  const key = { "idempotency-key": "k1" };
  const first = await train({ corpus_file_id: FILE }, key);
  expect(await train({ corpus_file_id: FILE }, key)).toMatchObject({ status: 200, json: first.json });
  expect(await system.trainer.getJobCounts("waiting")).toEqual({ waiting: 1 });
  expect(await train({ corpus_file_id: FILE, seed: 1 }, key)).toMatchObject({
    status: 409,
    json: { code: "CONFLICT" },
  });
  expect((await train({ corpus_file_id: FILE }, { "idempotency-key": "k2" })).json).not.toEqual(first.json);

  // The process that accepted the run died right after: the missing part is made up for.
  const [runId] = await system.redis.zrange(keys.runs, "-1", "-1");
  await system.redis.del(keys.job(String(runId)));
  await system.trainer.drain();
  await train({ corpus_file_id: FILE }, { "idempotency-key": "k2" });
  expect(await system.trainer.getJobCounts("waiting")).toEqual({ waiting: 1 });
  expect((await system.ask(`/runs/${runId}`)).status).toBe(200);

  // One that has gone further is not queued again.
  await system.runs.set(String(runId), { status: "running" });
  await system.trainer.drain();
  await train({ corpus_file_id: FILE }, { "idempotency-key": "k2" });
  expect(await system.trainer.getJobCounts("waiting")).toEqual({ waiting: 0 });
  expect(await train({ corpus_file_id: FILE }, { "idempotency-key": "x".repeat(256) })).toMatchObject({ status: 422 });
});

const runIdIn = (json: unknown) => TrainAccepted.parse(json).run_id;
const settings = { corpus_file_id: FILE };
const training: RunProgress = {
  step: 3,
  total_steps: 10,
  epoch: 0,
  total_epochs: 1,
  train_loss: 2.5,
  lr: 1e-3,
  grad_norm: 1,
  tokens_per_sec: 100,
  eta_seconds: 7,
  val_loss: null,
  best_val_loss: null,
  test_loss: null,
  checkpoint_step: null,
  rss_bytes: 1e9,
};

test("a run's status tells how far it is, and where its archive is once it is there", async () => {
  expect(await system.ask("/runs/none")).toMatchObject({
    status: 404,
    json: { code: "RUN_NOT_FOUND", message: "run not found" },
  });
  const { json } = await train(settings);
  const path = `/runs/${runIdIn(json)}`;
  expect(await system.ask(`${path}/artifact`)).toMatchObject({
    status: 404,
    json: { code: "DATA_NOT_FOUND", message: "artifact pointer not found" },
  });
  const fence = await system.runs.claim(runIdIn(json));
  await system.runs.heartbeat(runIdIn(json), fence, 1_700_000_000_500);
  await system.runs.set(runIdIn(json), { status: "completed", progress: 100, training, artifactFileId: "f00d" });
  expect((await system.ask(path)).json).toMatchObject({
    status: "completed",
    progress: 100,
    last_heartbeat_ts: 1_700_000_000.5,
    training,
    artifact_file_id: "f00d",
  });
  await system.redis.del(keys.request(runIdIn(json))); // as another system leaves it
  expect((await system.ask(path)).json).toMatchObject({ status: "completed", model_family: null, model_size: null });
  const record = await system.runs.get(runIdIn(json));
  if (record === null) throw new Error("there is none");
  await system.runs.restore({ ...record, request: null, modelFamily: "llama", modelSize: "small" });
  expect((await system.ask(path)).json).toMatchObject({ model_family: "llama", model_size: "small" });
  expect((await system.ask(`${path}/artifact`)).json).toEqual({ storage: "data-bank", file_id: "f00d" });
});

test("a record that is damaged is an error of its own, and the log tells of it", async () => {
  await system.redis.hset(keys.job("damaged"), { status: "odd" });
  expect(await system.ask("/runs/damaged")).toMatchObject({ status: 500, json: { code: "DATABASE_ERROR" } });
  expect(system.logs.join("")).toContain('"error_code":"DATABASE_ERROR"');

  const well = runIdIn((await train(settings)).json);
  const broken = runIdIn((await train(settings)).json);
  await system.redis.hdel(keys.job(broken), "user_id");
  const { runs } = RunList.parse((await system.ask("/runs")).json);
  expect(runs.map(({ run_id }) => run_id)).toEqual([well]); // the others are still listed
});

test("what was asked for lies where a worker finds it after Redis has forgotten all", async () => {
  const store = new RequestStore(system.root, storedRequest);
  const runId = runIdIn((await train({ ...settings, user_id: 5 })).json);
  const record = await system.runs.get(runId);
  expect(await store.read(runId)).toEqual({ userId: 5n, createdAt: record?.createdAt, request: record?.request });
  expect(await store.runIds()).toContain(runId);
  expect(await listRuns(openHome(system.root))).toEqual([]); // for those who look at the folders it is no run yet
});

test("a run is queued also where the disk that workers train on is not here, and nothing is made there", async () => {
  const artifactsRoot = join(system.root, "elsewhere");
  await using api = await system.start({ artifactsRoot });
  expect(await ask(`${api.url}/runs/train`, { body: settings })).toMatchObject({ status: 200 });
  expect(await system.trainer.getWaitingCount()).toBe(1);
  expect(existsSync(artifactsRoot)).toBe(false);
});

test("what became of a job is kept for as long as was configured", async () => {
  await using api = await system.start({ resultTtlSec: 7, failureTtlSec: 0 });
  await ask(`${api.url}/runs/train`, { body: settings });
  await ask(`${api.url}/runs/r1/score`, { body: { text: "a" } });
  const jobs = await Promise.all([system.trainer, system.inference].map((queue) => queue.getJobs(["waiting"])));
  const KEPT = { removeOnComplete: { age: 7 }, removeOnFail: { age: 0 } };
  expect(jobs.flat().map(({ opts }) => opts)).toMatchObject([KEPT, KEPT]);
});

test("anything can be cancelled, as often as one likes", async () => {
  for (let i = 0; i < 2; i++) {
    expect(await system.ask("/runs/r1/cancel", { method: "POST" })).toMatchObject({
      status: 200,
      json: { status: "cancellation-requested" },
    });
  }
  expect(await system.redis.get(keys.cancelled("r1"))).toBe("1");
});

test("runs are listed a page at a time, the newest first, also those of one state", async () => {
  const { user_id: _, ...request } = TrainRequest.parse(settings);
  for (let i = 0; i < 7; i++) await system.runs.create(`r${i}`, 0n, request, new Date(1_700_000_000_000 + 1000 * i));
  for (const id of ["r1", "r4", "r5"]) await system.runs.set(id, { status: "failed" });
  const pages = async (query: string) => {
    const found: string[][] = [];
    for (let cursor: string | null = ""; cursor !== null;) {
      const { json } = await system.ask(`/runs?${query}${cursor === "" ? "" : `&cursor=${cursor}`}`);
      const page: RunList = RunList.parse(json);
      found.push(page.runs.map(({ run_id }) => run_id));
      cursor = page.next;
    }
    return found;
  };
  expect(await pages("limit=3")).toEqual([["r6", "r5", "r4"], ["r3", "r2", "r1"], ["r0"]]);
  expect(await pages("limit=2&status=failed")).toEqual([["r5", "r4"], ["r1"]]);
  expect(await pages("status=completed")).toEqual([[]]);
  for (const query of ["limit=x", "cursor=x", "status=stopped", "limit="])
    expect([query, (await system.ask(`/runs?${query}`)).status]).toEqual([query, 422]);
  expect(RunList.parse((await system.ask("/runs?limit=0")).json).runs).toHaveLength(1);
});
