import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DataBankClient } from "@trainer/client/data-bank";
import { keys, RunId, type TrainerEvent } from "@trainer/platform";
import { aNumber, containing, withFields } from "@trainer/testing";
import { listen, startSystem, USER, type System } from "@trainer/testing/system";
import { readManifest } from "@trainer/training";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Worker } from "../src/start.js";

let system: System;
let worker: Worker;
const logs: string[] = [];
let bad = 0;
beforeAll(async () => {
  system = await startSystem();
  worker = await system.startWorker({ logLevel: "info" }, { log: { write: (line) => logs.push(line) } });
});
afterAll(async () => {
  await worker.stop();
  await system[Symbol.asyncDispose]();
});

const folder = (runId: string) => join(system.root, "models", runId);
const types = (events: readonly TrainerEvent[]) => events.map(({ type }) => type.replace(/^trainer\.|\.v1$/g, ""));

test("a run is trained, sent off, completed and cleaned away, and tells of it in order on both channels", async () => {
  using events = await listen(system.redisServer.url, "first");
  await system.train("first");
  await events.until(({ type }) => type === "trainer.metrics.completed.v1");
  const record = await system.ended("first");
  expect(events.common).toEqual(events.own);
  const told = types(events.own);
  expect(told.slice(0, 2)).toEqual(["job.started", "metrics.config"]);
  expect(told.slice(-2)).toEqual(["job.completed", "metrics.completed"]);
  expect(told.filter((_, i) => told[i - 1] === "job.progress").every((type) => type === "metrics.progress")).toBe(true);

  const progress = events.own.filter((event) => event.type === "trainer.metrics.progress.v1");
  const steps = progress.filter(({ val_loss }) => val_loss === undefined).map(({ step }) => step);
  expect(steps).toEqual([...new Set(steps)].sort((a, b) => a - b));
  expect(steps[0]).toBe(1);
  const [total] = progress.map(({ total_steps }) => total_steps ?? 0);
  const borders = progress.filter(({ val_loss }) => val_loss !== undefined);
  expect(borders.map(({ step, epoch, samples_per_sec }) => [step, epoch, samples_per_sec])).toEqual([
    [Number(total) / 2, 0, 0],
    [total, 1, 0],
  ]);
  for (const { step } of borders) expect(steps).toContain(step); // each epoch's last step is reported, however fast it was

  await vi.waitFor(() => expect(existsSync(folder("first"))).toBe(false));
  const manifest = await readManifest(join(system.root, "archived", "first.json"));
  expect(events.own.at(-1)).toMatchObject({ test_loss: manifest?.test_loss, artifact_path: folder("first") });
  expect(events.own.at(-2)).toMatchObject({ result_id: manifest?.artifact_file_id, user_id: USER });
  expect(record).toMatchObject({
    status: "completed",
    progress: 100,
    message: "Training completed",
    userId: USER,
    artifactFileId: manifest?.artifact_file_id,
    training: { step: total, epoch: 1, val_loss: borders.at(-1)?.val_loss, best_val_loss: manifest?.best_val_loss },
  });
  expect(manifest).toMatchObject({ status: "completed", batch_size: 8, max_seq_len: 32, tokenizer_id: "tok-test" });
  expect(manifest?.config["user_id"]).toBe(String(USER));
  expect(await system.redis.get(keys.heartbeat("first"))).toMatch(/^\d{10}\.\d{3}$/);
});

test("a job for a run that is completed does nothing, and no other job can change that", async () => {
  using events = await listen(system.redisServer.url, "first");
  const before = await system.runs.get("first");
  if (before?.request === null || before === null) throw new Error("no record");
  const job = await system.add("trainer", "train", {
    run_id: RunId.parse("first"),
    user_id: USER,
    request: before.request,
  });
  await vi.waitFor(async () => expect(await job.getState()).toBe("completed"));
  expect(await system.runs.get("first")).toEqual(before);
  expect(events.own).toEqual([]);
});

test("a run on a file of the file service that starts from a run which was cleaned away brings both here", async () => {
  const client = new DataBankClient({ url: system.bank.url, apiKey: "key" });
  const { file_id: id } = await client.upload(join(system.root, "corpus", "corpus.txt"), "text/plain");
  await system.train("tuned", {
    corpus_path: null,
    corpus_file_id: id,
    tokenizer_id: "",
    pretrained_run_id: "first",
    max_seq_len: 512, // requests always carry a length; of this run it is the other's
    num_epochs: 1,
  });
  expect(await system.ended("tuned")).toMatchObject({ status: "completed" });
  await vi.waitFor(() => expect(existsSync(folder("tuned"))).toBe(false));
  const manifest = await readManifest(join(system.root, "archived", "tuned.json"));
  expect(manifest).toMatchObject({ pretrained_run_id: "first", max_seq_len: 32, learning_rate: 3e-3 });
  expect(readdirSync(join(system.root, "corpus_cache"))).toEqual([`${id}.txt`]);
});

test("a run has the dimensions, steps, documents and tokenizer that its request says", async () => {
  await system.train("own", {
    tokenizer_id: "",
    tokenizer_method: "bpe",
    vocab_size: 280,
    min_frequency: 3,
    max_steps: 3,
    document: "file",
    document_separator: "auto",
    corpus_format: "text",
    special_tokens: true,
    eval_tokens: 500,
    sample_every: 2,
    model_config: { embed_dim: 16, hidden_dim: 24, num_layers: 1 },
  });
  expect(await system.ended("own")).toMatchObject({ status: "completed", training: { step: 3, total_steps: 3 } });
  await vi.waitFor(() => expect(existsSync(folder("own"))).toBe(false));
  const manifest = await readManifest(join(system.root, "archived", "own.json"));
  expect(manifest?.tokenizer_id).toMatch(/^bpe-280-/);
  expect(manifest?.vocab_size).toBe(280);
  const log = readFileSync(join(system.root, "archived", "own.logs.jsonl"), "utf8");
  expect(log.match(/"samples written".*?"steps":\d+/g)).toEqual([containing('"steps":2')]);
  expect(manifest?.config).toMatchObject({
    document: "file",
    document_separator: "auto",
    corpus_format: "text",
    special_tokens: true,
    eval_tokens: 500,
    sample_every: 2,
    min_frequency: 3,
    model_config: { embed_dim: 16, hidden_dim: 24, num_layers: 1 },
  });
});

test.each([
  ["no tokenizer", { tokenizer_id: " " }, "names no tokenizer", "user"],
  ["a tokenizer that is not there", { tokenizer_id: "tok-none" }, 'there is no tokenizer "tok-none"', "user"],
  ["a corpus that is not there", { corpus_path: "none.txt" }, '"none.txt" leads to no text', "user"],
  ["a corpus outside its folder", { corpus_path: "../secret.txt" }, '"../secret.txt" leads to no text', "user"],
  ["a corpus that a link leads out to", { corpus_path: "link.txt" }, '"link.txt" leads to no text', "user"],
  ["a corpus that is no text", { corpus_path: "nul.txt" }, "nul.txt", "user"],
  ["a size that does not exist", { model_size: "giant" }, "giant", "user"],
  [
    "a corpus that the file service has not",
    { corpus_path: null, corpus_file_id: "ab".repeat(32) },
    "the file service has no corpus abab",
    "user",
  ],
])("a run that asks for %s fails at once, says why, and leaves nothing", async (_, fields, why, kind) => {
  if (!existsSync(join(system.root, "secret.txt"))) {
    writeFileSync(join(system.root, "secret.txt"), "secret\n".repeat(100));
    symlinkSync(join(system.root, "secret.txt"), join(system.root, "corpus", "link.txt"));
    writeFileSync(join(system.root, "corpus", "nul.txt"), "a\0b");
  }
  const runId = `bad-${(bad += 1)}`;
  using events = await listen(system.redisServer.url, runId);
  await system.train(runId, fields);
  await events.until(({ type }) => type === "trainer.job.failed.v1");
  const record = await system.runs.get(runId);
  expect(record).toMatchObject({ status: "failed", error: record?.message });
  expect(record?.message).toContain(why);
  expect(record?.message).not.toContain(system.root); // paths on the server are for its log
  expect(types(events.own)).toEqual(["job.started", "job.failed"]);
  expect(events.own.at(-1)).toMatchObject({ error_kind: kind, message: record?.message });
  await vi.waitFor(() => expect(existsSync(folder(runId))).toBe(false));
});

test("what a run logs tells of it by fields, and neither text of the corpus nor a key", () => {
  const records = logs.map((line): unknown => JSON.parse(line));
  expect(records).toContainEqual(
    expect.objectContaining({
      event: "run_completed",
      run_id: "first",
      service: "model-trainer-worker",
      level: "INFO",
    }),
  );
  expect(records).toContainEqual(
    expect.objectContaining({ event: "run_failed", error_code: "TOKENIZER_NOT_FOUND", level: "ERROR" }),
  );
  const ofChild = withFields({ event: "run_config", run_id: "first", pid: aNumber });
  expect(records).toContainEqual(ofChild);
  expect(logs.join("")).not.toMatch(/knave|"key"/);
});

test("without a file service a run fails in the end, with what it has trained kept", async () => {
  await using other = await startSystem();
  await using _worker = await other.startWorker({ dataBank: null });
  await other.train("kept", { num_epochs: 1 });
  const record = await other.ended("kept");
  expect(record.error).toContain("there is no file service to keep it");
  await vi.waitFor(async () => {
    const manifest = await readManifest(join(other.root, "models", "kept", "manifest.json"));
    expect(manifest).toMatchObject({ status: "failed", failure_class: "FATAL", error_code: "ARTIFACT_UPLOAD_FAILED" });
  });
  expect(existsSync(join(other.root, "models", "kept", "model.safetensors"))).toBe(true);
});

test("a run whose archive cannot be sent now is tried again, without being trained again", async () => {
  await using other = await startSystem();
  const files = join(other.root, "files");
  await using _worker = await other.startWorker({ retryMax: 2, retryIntervalsSec: [600] });
  mkdirSync(files, { recursive: true });
  rmSync(files, { recursive: true });
  writeFileSync(files, "no folder"); // where the file service would write
  await other.train("again", { num_epochs: 1 });
  const waiting = await other.until("again", ({ message }) => message?.includes("tried again in 600 seconds") ?? false);
  expect(waiting.status).toBe("queued");
  const logsOf = () => readFileSync(join(other.root, "models", "again", "logs.jsonl"), "utf8");
  rmSync(files);
  mkdirSync(files);
  const before = logsOf();
  const [later] = await vi.waitUntil(async () => {
    const delayed = await other.queues.trainer.getDelayed();
    return delayed.length > 0 && delayed;
  });
  await later?.promote();
  expect(await other.ended("again")).toMatchObject({ status: "completed", error: null });
  expect(before.match(/"event":"run_completed"/g)).toHaveLength(1);
});
