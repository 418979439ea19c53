import { existsSync } from "node:fs";
import { join } from "node:path";
import { jobData, RunId, ScoreResult, storedRequest } from "@trainer/platform";
import { containing } from "@trainer/testing";
import { listen, request, startSystem, USER, type System } from "@trainer/testing/system";
import { RequestStore } from "@trainer/training/files";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Worker } from "../src/start.js";

let system: System;
let worker: Worker;
beforeAll(async () => {
  system = await startSystem();
  worker = await system.startWorker();
});
afterAll(async () => {
  await worker.stop();
  await system[Symbol.asyncDispose]();
});

const soon = { interval: 20 };

/** A job as no API of this version would queue it, with its final state in the queue. */
async function queued(queue: keyof System["queues"], kind: string, data: unknown): Promise<string> {
  const job = await system.queues[queue].add(kind, data);
  await vi.waitFor(async () => expect(await job.getState()).toBe("failed"), soon);
  return (await system.queues[queue].getJob(String(job.id)))?.failedReason ?? "";
}

test.each([
  ["paths", { pretrained_run_id: "/etc" }, "pretrained_run_id must be 1 to 128 letters"],
  ["roots", { tokenizer_id: "../../tokenizers/other" }, "tokenizer_id must be 1 to 128 letters"],
  ["epochs", { num_epochs: 9007199254740991 }, "num_epochs must be <= 1000000"],
  ["later", { wings: 2 }, "this worker does not know wings, which a later version asks for; update the worker"],
])(
  "a run whose job asks for what no request may, by %s, fails with the reason, and is told",
  async (id, fields, why) => {
    using events = await listen(system.redisServer.url, id);
    await system.runs.create(id, USER, request());
    const store = new RequestStore(system.root, storedRequest);
    await store.keep(id, { userId: USER, createdAt: "2026-01-01T00:00:00.000", request: request() });
    const job = jobData({ run_id: RunId.parse(id), user_id: USER, request: request() });
    expect(await queued("trainer", "train", { ...job, request: { ...request(), ...fields } })).toContain(why);
    expect(await system.runs.get(id)).toMatchObject({ status: "failed", error: containing(why) });
    const told = { type: "trainer.job.failed.v1", user_id: USER, error_kind: "user", message: containing(why) };
    await events.until(({ type }) => type === "trainer.job.failed.v1");
    expect(events.own).toMatchObject([told]);
    expect(existsSync(join(system.root, "models", id))).toBe(false);
  },
);

test("questions and tokenizers whose jobs cannot be read fail with the reason", async () => {
  const ids = { run_id: "r", request_id: "q" };
  const { results, tokenizers } = system;
  const stop = { prompt_text: "a", stop_sequences: Array.from({ length: 65 }, () => "a") };
  await queued("trainer-inference", "score", { ...ids, request: { text: "a", top_k: 1001 } });
  await queued("trainer-inference", "generate", { ...ids, request: stop });
  await queued("trainer-inference", "chat", { ...ids, session_id: "s", request: {} });
  await queued("trainer-inference", "score", { ...ids, run_id: "export~r", request: { text: "a", top_k: 1001 } });
  await queued("trainer-inference", "openai", { ...ids, request: { about: "edits" } });
  await queued("trainer", "train", { run_id: "export~r", request: {} });
  await queued("trainer-inference", "eval", { run_id: "r", request: { split: "none" } });
  const failed = (why: string) => ({ status: "failed", message: containing(why) });
  expect(await results.score("r", "q").get()).toMatchObject(failed("top_k must be <= 1000"));
  expect(await results.score("export~r", "q").get()).toMatchObject(failed("top_k must be <= 1000"));
  expect(await results.generation("r", "q").get()).toMatchObject(failed("stop_sequences must be at most 64"));
  expect(await results.chat("r", "s", "q").get()).toMatchObject(failed("message is required"));
  expect(await results.openAi("r", "q").get()).toMatchObject(failed("about"));
  expect(await results.evaluation("r").get()).toMatchObject(failed("split must be one of"));
  await tokenizers.create("tok-1");
  await queued("trainer", "tokenizer", { tokenizer_id: "tok-1", request: { corpus_path: "a", vocab_size: 1e9 } });
  expect(await tokenizers.get("tok-1")).toMatchObject(failed("vocab_size must be <= 4194304"));
});

test("what is answered stays answered, and a run that another worker is at goes on", async () => {
  const { results, runs } = system;
  await results.score("r", "done").set(ScoreResult.parse({ status: "completed", loss: 1 }));
  await queued("trainer-inference", "score", { run_id: "r", request_id: "done", request: {} });
  expect(await results.score("r", "done").get()).toMatchObject({ status: "completed", loss: 1 });
  await queued("trainer-inference", "score", { run_id: "r", request: {} });
  await runs.create("at-work", USER, request());
  const fence = await runs.claim("at-work");
  await runs.update("at-work", fence, { status: "running", message: "training" });
  await runs.heartbeat("at-work", fence);
  await queued("trainer", "train", { run_id: "at-work", request: {} });
  expect(await runs.get("at-work")).toMatchObject({ status: "running", message: "training" });
  await runs.heartbeat("at-work", fence); // its worker holds it still
});

test("a job that names nothing, or by a path, changes nothing, and neither does one for what has ended", async () => {
  await system.runs.create("ended", USER, request());
  await system.runs.set("ended", { status: "completed", message: "done" });
  await system.tokenizers.create("tok-2");
  await system.tokenizers.setStatus("tok-2", "completed");
  const before = (await system.redis.keys("*:*")).filter((key) => !key.startsWith("bull:")).sort();
  for (const kind of ["train", "tokenizer"])
    for (const data of [
      {},
      { run_id: "../x", tokenizer_id: "../x" },
      { run_id: "ended", tokenizer_id: "tok-2" },
      { run_id: "none" },
    ])
      expect(await queued("trainer", kind, data)).toMatch(/^the job cannot be read: /);
  for (const kind of ["score", "generate", "chat", "eval"])
    for (const data of [{}, { run_id: "../x", request_id: "q", session_id: "s" }])
      expect(await queued("trainer-inference", kind, data)).toMatch(/^the job cannot be read: /);
  const after = (await system.redis.keys("*:*")).filter((key) => !key.startsWith("bull:")).sort();
  expect(after).toEqual(before);
  expect((await system.runs.get("ended"))?.status).toBe("completed");
  expect((await system.tokenizers.get("tok-2")).status).toBe("completed");
});
