import { join } from "node:path";
import { containing, matching } from "@trainer/testing";
import { readManifest } from "@trainer/training";
import { request, startSystem, type System } from "@trainer/testing/system";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Worker } from "../src/start.js";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

let system: System;
let worker: Worker;
beforeAll(async () => {
  system = await startSystem();
  worker = await system.startWorker({}, { pace: { abandoned: 50 } });
});
afterAll(async () => {
  await worker.stop();
  await system[Symbol.asyncDispose]();
});

let asked = 0;
async function queued(fields: object = {}) {
  const request_id = `e${(asked += 1)}`;
  await system.add("trainer-inference", "estimate", { request_id, request: request(fields) });
  return request_id;
}
const answered = (id: string) =>
  vi.waitFor(
    async () => {
      const result = await system.results.estimate(id).get();
      if (result?.status !== "completed" && result?.status !== "failed") throw new Error("not yet");
      return result;
    },
    { timeout: 100_000, interval: 20 },
  );

test("what is told of a training is what its run then is", async () => {
  const told = await answered(await queued());
  await system.train("real");
  await system.ended("real");
  // A run that is safe is cleaned away, sooner or later.
  const kept = await readManifest(join(system.root, "models", "real", "manifest.json"));
  const made = kept ?? (await readManifest(join(system.root, "archived", "real.json")));
  expect(told).toMatchObject({
    status: "completed",
    parameters: made?.parameters,
    trainable_parameters: made?.trainable_parameters,
    tokens: made?.splits?.train.tokens,
    steps: made?.total_steps,
    device: "cpu",
    precision: "fp32",
    threads: 1,
    sampled: false,
    reasons: {},
  });
  expect(told.memory_bytes).toBeGreaterThan(0);
  expect(told.seconds).toBeGreaterThan(0);
});

test("a run's weights are looked for, and figures that are not known have their names on the wire", async () => {
  const tuned = await answered(await queued({ pretrained_run_id: "real", tokenizer_id: "" }));
  expect(tuned).toMatchObject({ status: "completed", reasons: {} });
  expect(tuned.parameters).toBeGreaterThan(0);
  const file = { corpus_path: null, corpus_file_id: "a".repeat(64), tokenizer_id: "", tokenizer_method: "bpe" };
  const away = await answered(await queued(file));
  const fetched = matching(/is fetched when the run begins/);
  expect(away).toMatchObject({ status: "completed", memory_bytes: null, trainable_parameters: null });
  expect(away.reasons).toMatchObject({ memory_bytes: fetched, trainable_parameters: fetched, tokens: fetched });
});

test("what the training would fail by is said", async () => {
  const none = await answered(await queued({ tokenizer_id: "none" }));
  expect(none).toMatchObject({ status: "failed", message: 'there is no tokenizer "none"', parameters: null });
  const unread = system.queues["trainer-inference"];
  await unread.add("estimate", { request_id: "bad", request: { batch_size: 0 } });
  expect(await answered("bad")).toMatchObject({ status: "failed", message: containing("the job cannot be read") });
});

test("one that nobody waits for is not measured, and the next has its turn", async () => {
  const left = await queued({ corpus_path: "large.txt" });
  await system.results.estimate(left).abandon();
  expect(await answered(left)).toMatchObject({ status: "failed", message: containing("nobody waits") });
  expect(await answered(await queued())).toMatchObject({ status: "completed" });
});
