import { join } from "node:path";
import { startApi, type Api } from "@trainer/api";
import { TrainerClient } from "@trainer/client";
import { PlanRequest, PlanResponse } from "@trainer/platform";
import { containing } from "@trainer/testing";
import { ask, open } from "@trainer/testing/api";
import { startSystem, type System } from "@trainer/testing/system";
import { readManifest } from "@trainer/training";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Worker } from "../src/start.js";
import { startChild } from "./child.js";

vi.setConfig({ testTimeout: 180_000, hookTimeout: 60_000 });

let system: System;
let api: Api;
let worker: Worker;
let client: TrainerClient;
beforeAll(async () => {
  system = await startSystem();
  const { redisServer, root, bank } = system;
  const dataBank = { url: bank.url, apiKey: "key" };
  api = await startApi(
    { port: 0, redisUrl: redisServer.url, artifactsRoot: root, dataRoot: root, dataBank },
    { log: { write() {} } },
  );
  client = new TrainerClient({ url: api.url });
  worker = await system.startWorker({}, { pace: { abandoned: 50 } });
});
afterAll(async () => {
  await worker.stop();
  await api[Symbol.asyncDispose]();
  await system[Symbol.asyncDispose]();
});

const text = { corpus_path: "corpus.txt", seconds: 30 };

test("a plan's request, sent as it is, trains the model that was planned", async () => {
  const fixed = { seed: 3, max_seq_len: 64, evaluate: false, test_split_ratio: 0.1 };
  const plan = await client.plan({ ...text, ...fixed });
  expect(plan).toMatchObject({
    status: "completed",
    device: "cpu",
    precision: "fp32",
    threads: 1,
    request: { corpus_path: "corpus.txt", model_family: "llama", tokenizer_method: "bpe", ...fixed },
  });
  expect(plan.request).not.toHaveProperty("seconds");
  expect(plan.options).not.toHaveProperty("max_seq_len");
  expect(plan.bits_per_byte).toBeGreaterThan(0);
  expect(plan.tried.length).toBeGreaterThan(0);
  const { run_id: runId } = await client.train(plan.request ?? {});
  expect(await system.ended(runId)).toMatchObject({ status: "completed", message: "Training completed" });
  const kept = await readManifest(join(system.root, "models", runId, "manifest.json"));
  const made = kept ?? (await readManifest(join(system.root, "archived", `${runId}.json`)));
  expect(made?.config).toMatchObject({ ...plan.options, ...fixed });
  expect(made).toMatchObject({ parameters: plan.parameters, splits: { train: { tokens: plan.tokens } } });
});

test("what is fixed stays, and the rest is planned around it", async () => {
  const fixed = { model_family: "gpt2", model_config: { n_layer: 1, n_embd: 32, n_head: 2 }, max_steps: 7 };
  const plan = await client.plan({ ...text, ...fixed, tokenizer_id: "tok-test", memory_bytes: 2 ** 33 });
  expect(plan).toMatchObject({ status: "completed", steps: 7, request: { ...fixed, tokenizer_id: "tok-test" } });
  expect(plan.request).not.toHaveProperty("tokenizer_method");
  expect(plan.request).not.toHaveProperty("max_seconds");
  expect(plan.tried).toHaveLength(1);
});

test("rates of dropout are those of whatever model is chosen", async () => {
  const child = startChild(system.input);
  const answered = async (id: number, fields: object) => {
    const request = PlanRequest.parse({ ...text, ...fields });
    child.say({ type: "ask", id, question: { kind: "plan", request_id: "r", request } });
    await vi.waitUntil(() => child.heard.some((each) => "id" in each && each.id === id && each.type !== "stage"));
    return child.heard.find((each) => "id" in each && each.id === id && each.type !== "stage");
  };
  const rates = { model_family: "gpt2", model_config: { embd_pdrop: 0.25 }, memory_bytes: 2 ** 33 };
  expect(await answered(1, rates)).toMatchObject({
    type: "answer",
    answer: {
      request: { tokenizer_method: "bpe", model_size: "tiny", model_config: { embd_pdrop: 0.25, n_layer: 2 } },
    },
  });
  expect(
    await answered(2, { corpus_path: null, corpus_file_id: "a".repeat(64), tokenizer_id: "tok-test" }),
  ).toMatchObject({
    type: "refused",
    failure: { message: containing("a".repeat(64)) },
  });
  expect(await answered(3, { tokenizer_id: "tok-test", max_steps: 3 })).toMatchObject({
    answer: { steps: 3, request: { tokenizer_id: "tok-test", max_steps: 3, model_family: "llama" } },
  });
  expect(await answered(4, { model_family: "theirs", model_config: { wings: 2 } })).toMatchObject({
    type: "refused",
    failure: { code: "UNSUPPORTED_BACKEND" },
  });
  child.say({ type: "stop" });
  await child.until("stopped");
});

test("why there is no plan is said as the training itself would say it", async () => {
  const why = async (fields: object) => (await client.plan({ ...text, ...fields })).message;
  expect(await why({ tokenizer_id: "none" })).toBe('there is no tokenizer "none"');
  expect(await why({ memory_bytes: 1 })).toContain("the smallest model does not fit into memory");
  expect(await why({ corpus_path: null, corpus_file_id: "a".repeat(64) })).toMatch(/a{64}/);
  expect(await why({ holdout_fraction: 0.5, test_split_ratio: 0.5 })).toContain("together they are all of the text");
});

test("two plans at once are made one after the other, and one that nobody waits for gives way", async () => {
  const left = await open(`${api.url}/plan`, { body: text, headers: { accept: "text/event-stream" } });
  const [first, second] = [client.plan(text), client.plan({ ...text, model_family: "gpt2" })];
  left.destroy();
  const both = await Promise.all([first, second]);
  expect(both).toMatchObject([
    { status: "completed", request: { model_family: "llama" } },
    { status: "completed", request: { model_family: "gpt2" } },
  ]);
});

test("a job of a plan that cannot be read fails with the reason", async () => {
  const { json } = await ask(`${api.url}/plan`, { body: { ...text, corpus_path: "large.txt", seconds: 1e9 } });
  const { request_id: id } = PlanResponse.parse(json);
  await system.results.plan(id).abandon();
  await system.queues["trainer-inference"].add("plan", { request_id: "bad", request: { corpus_path: "a", wings: 2 } });
  await vi.waitFor(
    async () => {
      const bad = await system.results.plan("bad").get();
      expect(bad).toMatchObject({ status: "failed", message: containing("does not know wings") });
      expect(await system.results.plan(id).get()).toMatchObject({
        status: "failed",
        message: containing("nobody waits"),
      });
    },
    { interval: 50 },
  );
});
