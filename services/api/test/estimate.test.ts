import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { EstimateResponse, EstimateResult } from "@trainer/platform";
import { startSystem, type System } from "@trainer/testing/api";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { z } from "zod";

let system: System;
beforeAll(async () => {
  system = await startSystem();
  mkdirSync(join(system.root, "corpus"), { recursive: true });
  writeFileSync(join(system.root, "corpus", "book.txt"), "to be");
});
afterAll(() => system[Symbol.asyncDispose]());

const Refusal = z.object({ code: z.string(), message: z.string() });
const path = "/runs/estimate";
const training = { corpus_path: "book.txt", tokenizer_method: "bpe" };
const jobs = async () => await system.inference.getJobs(["waiting"]);

test("a training's estimate is queued, and is there once a worker has it; nothing is trained", async () => {
  const { status, json } = await system.ask(path, { body: { ...training, user_id: 7 } });
  const queued = EstimateResponse.parse(json);
  expect([status, queued]).toMatchObject([200, { status: "queued", parameters: null, seconds: null, reasons: {} }]);
  const [job] = await jobs();
  expect(job).toMatchObject({ id: queued.request_id, name: "estimate", data: { request_id: queued.request_id } });
  expect(job?.data).toMatchObject({ request: { corpus_path: "book.txt", batch_size: 4 } });
  expect(job?.data).not.toHaveProperty("request.user_id");
  const found = { status: "completed", parameters: 5, seconds: 1.5, reasons: { steps: "why" } };
  const done = EstimateResult.parse(found);
  await system.results.estimate(queued.request_id).set(done);
  const answer = await system.ask(`/estimates/${queued.request_id}`);
  expect(answer.json).toEqual({ ...done, request_id: queued.request_id });
  expect(await system.ask("/estimates/none")).toMatchObject({
    status: 404,
    json: { code: "DATA_NOT_FOUND", message: "estimate request not found" },
  });
  expect((await system.ask("/runs")).json).toMatchObject({ runs: [] });
});

test("what a training is refused for, its estimate is refused for", async () => {
  const before = (await jobs()).length;
  for (const body of [
    {},
    { ...training, batch_size: 0 },
    { ...training, corpus_path: "none.txt" },
    { ...training, corpus_file_id: "a" },
    { ...training, model_family: "none" },
    { ...training, model_size: "vast" },
    { ...training, model_config: { wings: 2 } },
    { ...training, model_config: { n_head: 7 } },
    { ...training, vocab_size: 259 },
    { ...training, more: 1 },
  ]) {
    const [refused, trained] = await Promise.all([system.ask(path, { body }), system.ask("/runs/train", { body })]);
    const { code, message } = Refusal.parse(trained.json);
    expect(trained.status).toBeGreaterThanOrEqual(400);
    expect(refused).toMatchObject({ status: trained.status, json: { code, message } });
  }
  expect(await jobs()).toHaveLength(before);
});

test("who follows and leaves gives the estimate up", async () => {
  const answer = await system.open(path, { body: training, headers: { accept: "text/event-stream" } });
  let heard = "";
  for await (const chunk of answer.setEncoding("utf8")) {
    heard += String(chunk);
    if (heard.includes("event: accepted")) break;
  }
  answer.destroy();
  const id = /"request_id":"([^"]+)"/.exec(heard)?.[1] ?? "";
  await vi.waitFor(async () => expect(await system.results.estimate(id).isAbandoned()).toBe(true));
});

test("who follows gets the estimate as soon as it is there", async () => {
  const answer = await system.open(path, { body: training, headers: { accept: "text/event-stream" } });
  let heard = "";
  for await (const chunk of answer.setEncoding("utf8")) {
    heard += String(chunk);
    const id = /"request_id":"([^"]+)"/.exec(heard)?.[1];
    if (id !== undefined && !heard.includes("event: result"))
      await system.results.estimate(id).set(EstimateResult.parse({ status: "completed", steps: 7 }));
  }
  expect(heard).toMatch(/^event: accepted\n[^]*event: result\ndata: .*"steps":7[^]*event: done\n/);
});
