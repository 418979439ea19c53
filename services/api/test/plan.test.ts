import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { PlanResponse, PlanResult } from "@trainer/platform";
import { openRedis } from "@trainer/platform/redis";
import { startSystem, type System } from "@trainer/testing/api";
import { Worker } from "bullmq";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { z } from "zod";

let system: System;
beforeAll(async () => {
  system = await startSystem();
  writeFileSync(join(system.root, "corpus", "book.txt"), "to be");
});
afterAll(() => system[Symbol.asyncDispose]());

const Refusal = z.object({ code: z.string(), message: z.string() });
const text = { corpus_path: "book.txt" };
const jobs = async () => await system.inference.getJobs(["waiting"]);
const events = { accept: "text/event-stream" };

test("a plan is queued with what was said alone, and is there once a worker has made it; nothing is trained", async () => {
  const { status, json } = await system.ask("/plan", { body: { ...text, beta2: 0.9, document: null, num_epochs: 2 } });
  const queued = PlanResponse.parse(json);
  expect([status, queued]).toMatchObject([200, { status: "queued", request: null, steps: null, tried: [] }]);
  const [job] = await jobs();
  expect(job).toMatchObject({ id: queued.request_id, name: "plan" });
  expect(job?.data).toMatchObject({
    request: { ...text, beta2: 0.9, num_epochs: 2, seconds: 600, memory_bytes: null },
  });
  expect(Object.keys(z.object({ request: z.looseObject({}) }).parse(job?.data).request)).toHaveLength(5);
  const request = { ...text, model_config: { hidden_size: 64 }, max_seconds: 600, learning_rate: 0.004 };
  const done = PlanResult.parse({ status: "completed", request, bits_per_byte: 1.5 });
  await system.results.plan(queued.request_id).set(done);
  const answer = await system.ask(`/plans/${queued.request_id}`);
  expect(answer.json).toEqual({ ...done, request_id: queued.request_id });
  expect(done.request).toEqual(request);
  expect(await system.ask("/plans/none")).toMatchObject({
    status: 404,
    json: { code: "DATA_NOT_FOUND", message: "plan request not found" },
  });
  expect((await system.ask("/runs")).json).toMatchObject({ runs: [] });
});

test("what a training is refused for, its plan is refused for", async () => {
  const before = (await jobs()).length;
  for (const body of [
    {},
    { ...text, batch_size: 0 },
    { ...text, batch_size: "auto" },
    { ...text, beta2: 1 },
    { corpus_path: "none.txt" },
    { corpus_path: "../book.txt" },
    { corpus_path: " " },
    { corpus_file_id: "" },
    { ...text, corpus_file_id: "a" },
    { ...text, model_family: "none" },
    { ...text, model_family: "llama", model_size: "vast" },
    { ...text, model_family: "gpt2", model_config: { wings: 2 } },
    { ...text, model_family: "gpt2", model_config: { n_head: 7 } },
    { ...text, tokenizer_method: "bpe", vocab_size: 259 },
    { ...text, optimizer: "schedule_free", ema_decay: 0.5 },
    { ...text, tokenizer_id: "../../etc" },
    { ...text, max_seq_len: 2 ** 40 },
    { ...text, more: 1 },
    "{",
    "[]",
    "",
    `{"corpus_path":"book.txt","learning_rate":NaN}`,
    `{"corpus_path":"book.txt","learning_rate":1e999}`,
  ]) {
    const [refused, trained] = await Promise.all([system.ask("/plan", { body }), system.ask("/runs/train", { body })]);
    const { code, message } = Refusal.parse(trained.json);
    expect(trained.status).toBeGreaterThanOrEqual(400);
    expect([body, refused.status, refused.json]).toMatchObject([body, trained.status, { code, message }]);
  }
  expect(await jobs()).toHaveLength(before);
});

test.each([
  [{ seconds: 0.5 }, 400, "seconds must be >= 1"],
  [{ seconds: 1e10 }, 400, "seconds must be <= 1000000000"],
  [{ seconds: "30m" }, 400, "seconds must be a number"],
  [{ memory_bytes: 0 }, 400, "memory_bytes must be >= 1"],
  [{ memory_bytes: 1.5 }, 400, "memory_bytes must be an integer"],
  [{ memory_bytes: 1e30 }, 400, "memory_bytes must be an integer"],
  [{ max_seconds: 60 }, 422, "Extra fields not allowed: max_seconds"],
  [{ pretrained_run_id: "r", lora_rank: 4 }, 422, "Extra fields not allowed: lora_rank, pretrained_run_id"],
  [{ threads: 4 }, 422, "Extra fields not allowed: threads"],
])("what a plan has no use for is refused, %j", async (more, status, message) => {
  expect(await system.ask("/plan", { body: { ...text, ...more } })).toMatchObject({ status, json: { message } });
});

test("a worker that does not know plans is said to, to who polls and to who follows", async () => {
  const connection = openRedis(system.server.url, { onError() {} });
  await using worker = Object.assign(
    new Worker("trainer-inference", ({ name }) => Promise.reject(new Error(`no job is called "${name}"`)), {
      connection,
    }),
    {
      async [Symbol.asyncDispose]() {
        await worker.close();
        connection.disconnect();
      },
    },
  );
  const message = 'the worker could not do it: no job is called "plan"';
  const { json } = await system.ask("/plan", { body: text });
  const { request_id: id } = PlanResponse.parse(json);
  await vi.waitFor(async () =>
    expect((await system.ask(`/plans/${id}`)).json).toMatchObject({ status: "failed", message, request: null }),
  );
  const { text: heard } = await system.ask("/plan", { body: text, headers: events });
  expect(heard).toMatch(/^event: accepted\n[^]*event: result\n[^]*event: failed\n/);
  expect(heard).toContain(JSON.stringify(message));
});

test("who follows gets the plan as soon as it is there, and who leaves gives it up", async () => {
  const follow = async (onId: (id: string) => Promise<boolean>) => {
    const answer = await system.open("/plan", { body: text, headers: events });
    let heard = "";
    for await (const chunk of answer.setEncoding("utf8")) {
      heard += String(chunk);
      const id = /"request_id":"([^"]+)"/.exec(heard)?.[1];
      if (id !== undefined && !heard.includes("event: result") && (await onId(id))) break;
    }
    answer.destroy();
    return heard;
  };
  const told = await follow(async (id) => {
    await system.results.plan(id).set(PlanResult.parse({ status: "completed", steps: 7 }));
    return false;
  });
  expect(told).toMatch(/^event: accepted\n[^]*event: result\ndata: .*"steps":7[^]*event: done\n/);
  let left = "";
  await follow((id) => Promise.resolve((left = id) !== ""));
  await vi.waitFor(async () => expect(await system.results.plan(left).isAbandoned()).toBe(true));
});
