import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DataBankClient } from "@trainer/client/data-bank";
import { ChatRequest, EvaluateRequest, GenerateRequest, RunId, ScoreRequest } from "@trainer/platform";
import { startSystem, type System } from "@trainer/testing/system";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Worker } from "../src/start.js";

const RUN = RunId.parse("trained");

/** The corpus, where every machine gets it. */
async function corpusFile() {
  const files = new DataBankClient({ url: system.bank.url, apiKey: "key" });
  const { file_id } = await files.upload(join(system.root, "corpus", "corpus.txt"), "text/plain");
  return { corpus_file_id: file_id, corpus_path: null };
}

let system: System;
let elsewhere: string;
let worker: Worker;
beforeAll(async () => {
  system = await startSystem();
  {
    await using _worker = await system.startWorker();
    await system.train(RUN, { num_epochs: 3, ...(await corpusFile()) });
    await system.ended(RUN);
  }
  elsewhere = join(system.root, "elsewhere"); // only what this worker fetches is in it
  mkdirSync(elsewhere);
  worker = await system.startWorker({ artifactsRoot: elsewhere, dataRoot: elsewhere });
});
afterAll(async () => {
  await worker.stop();
  await system[Symbol.asyncDispose]();
});

test("a worker answers for a run of another machine, of which it knows by Redis and the file service alone", async () => {
  const ids = { run_id: RUN, request_id: "r" };
  const { results } = system;
  await system.add("trainer-inference", "score", { ...ids, request: ScoreRequest.parse({ text: "the king" }) });
  await vi.waitFor(async () => expect(await results.score(RUN, "r").get()).toMatchObject({ status: "completed" }));
  await system.add("trainer-inference", "generate", { ...ids, request: GenerateRequest.parse({ prompt_text: "the" }) });
  await system.add("trainer-inference", "chat", {
    ...ids,
    session_id: "s",
    request: ChatRequest.parse({ message: "a" }),
  });
  await system.add("trainer-inference", "eval", { run_id: RUN, request: EvaluateRequest.parse({ split: "test" }) });
  for (const slot of [results.generation(RUN, "r"), results.chat(RUN, "s", "r"), results.evaluation(RUN)])
    await vi.waitFor(async () => expect(await slot.get()).toMatchObject({ status: "completed" }));
  expect(existsSync(join(elsewhere, "models", RUN, "model.safetensors"))).toBe(true);
});

test("a run is trained further by a worker of another machine than the one that trained it first", async () => {
  rmSync(join(elsewhere, "models", RUN), { recursive: true, force: true });
  await system.train("further", { ...(await corpusFile()), pretrained_run_id: RUN, tokenizer_id: "", num_epochs: 1 });
  expect(await system.ended("further")).toMatchObject({ status: "completed" });
});

test("a run of which Redis knows no archive is not found, as before", async () => {
  const request = ScoreRequest.parse({ text: "the king" });
  await system.add("trainer-inference", "score", { run_id: RunId.parse("nowhere"), request_id: "r", request });
  const slot = system.results.score("nowhere", "r");
  await vi.waitFor(async () => expect(await slot.get()).toMatchObject({ status: "failed" }));
  expect((await slot.get())?.message).toContain('no run "nowhere"');
});
