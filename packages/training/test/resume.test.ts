import { cpSync, existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { containing, matching, scratchPath, tiny, writeCorpus } from "@trainer/testing";
import { readManifest, resume, runFolder, train, type RunEvent } from "@trainer/training";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { startChild } from "./children.js";
import { outcome } from "./run-files.js";

let home = "";
let corpus = "";
let whole: ReturnType<typeof outcome>;
const options = () => ({ ...tiny, corpus, numEpochs: 2, evalEvery: 20, checkpointEvery: 7, keepCheckpoints: 2 });
const run = (id: string) => join(home, "models", id);

beforeAll(async () => {
  home = scratchPath("resume");
  corpus = writeCorpus(join(home, "corpus.txt"));
  await train({ ...options(), runId: "whole" }, { home });
  whole = outcome(run("whole"));
});
afterAll(() => rmSync(home, { recursive: true }));

test("the same seed and data give the same losses and weights; another seed others", async () => {
  await train({ ...options(), runId: "same" }, { home });
  expect(outcome(run("same"))).toEqual(whole);
  await train({ ...options(), runId: "other", seed: 8 }, { home });
  expect(outcome(run("other")).weights).not.toBe(whole.weights);
});

/** As many as `CHAOS_RUNS` says, one else. */
const SEEDS = Array.from({ length: Number(process.env["CHAOS_RUNS"] ?? 1) }, (_, i) => i + 1);

// Any instant: before the first checkpoint, between two, while one is written, while validating or testing.
test.each(SEEDS)(
  "killed at a random instant (seed %i) and resumed, a run ends as if never interrupted",
  async (seed) => {
    const id = `killed-${seed}`;
    let random = seed;
    const next = () => (random = (Math.imul(random, 1664525) + 1013904223) >>> 0) / 2 ** 32;
    let child = startChild(home, { options: { ...options(), runId: id } });
    for (let kills = 0; kills < 2; kills++) {
      const step = 1 + Math.floor(next() * 40);
      await child.until((e) => e.type === "step" && Number(e["step"]) >= step);
      await new Promise((resolve) => setTimeout(resolve, next() * 30));
      child.process.kill("SIGKILL");
      await child.ended;
      child = startChild(home, { resume: id });
    }
    await child.ended;
    expect(outcome(run(id))).toEqual(whole);
    expect(readdirSync(join(run(id), "checkpoints")).filter((name) => name.startsWith("."))).toEqual([]);
    expect(existsSync(join(run(id), "lock.json"))).toBe(false);
  },
);

test("a run told to stop finishes its step, saves itself and says so; resumed, it ends the same", async () => {
  const child = startChild(home, { options: { ...options(), runId: "stopped" } });
  await child.until((e) => e.type === "step" && e["step"] === 10);
  child.process.kill("SIGTERM");
  await child.ended;
  const last = child.events.findLast((e) => e.type === "step")?.["step"];
  expect(child.events.at(-1)).toMatchObject({ type: "interrupted", result: { status: "interrupted", steps: last } });
  await resume("stopped", { home });
  expect(outcome(run("stopped"))).toEqual(whole);
  expect((await readManifest(join(run("stopped"), "manifest.json")))?.resumed_from).toEqual([last]);
});

test("a run interrupted at each of its turns, validations and test too, ends the same", async () => {
  const id = "many";
  let stop = new AbortController();
  const seen = new Set<string>();
  let last = 0;
  const onEvent = (e: RunEvent) => {
    if (e.type === "start") last = e.totalSteps;
    const key = e.type === "step" ? `step ${e.step}` : e.type === "eval" ? `${e.split} ${e.step}` : "";
    const cuts = ["step 19", "step 20", "validation 40", `step ${last}`, `validation ${last}`];
    if (!cuts.includes(key) || seen.has(key)) return;
    seen.add(key);
    stop.abort();
  };
  let result = await train({ ...options(), runId: id }, { home, onEvent, signal: stop.signal });
  let interruptions = 0;
  while (result.status === "interrupted") {
    interruptions++;
    stop = new AbortController();
    result = await resume(id, { home, onEvent, signal: stop.signal });
  }
  expect(interruptions).toBe(5);
  expect(outcome(run(id))).toEqual(whole);
});

test("killed between a checkpoint and what follows from it, a resumed run has the best weights and says so", async () => {
  const short = { ...options(), maxSteps: 20 };
  await train({ ...short, runId: "short" }, { home });
  const stop = new AbortController();
  const onEvent = (e: RunEvent) => e.type === "checkpoint" && e.best && stop.abort();
  await train({ ...short, runId: "unsettled" }, { home, onEvent, signal: stop.signal });
  const { manifest, weights } = runFolder(home, "unsettled");
  const before = z.record(z.string(), z.unknown()).parse(JSON.parse(readFileSync(manifest, "utf8")));
  writeFileSync(manifest, JSON.stringify({ ...before, steps: 14, best_step: null, best_val_loss: null }));
  writeFileSync(weights, "the best of before");
  expect(await resume("unsettled", { home })).toMatchObject({ steps: 20, bestStep: 20 });
  expect(outcome(run("unsettled"))).toEqual(outcome(run("short")));
});

test("a damaged newest checkpoint is told by name, and the run goes on from the one before", async () => {
  const id = "damaged";
  const stop = new AbortController();
  await train(
    { ...options(), runId: id },
    { home, signal: stop.signal, onEvent: (e) => e.type === "step" && e.step === 30 && stop.abort() },
  );
  const checkpoints = join(run(id), "checkpoints");
  const newest = readdirSync(checkpoints).toSorted().at(-1) ?? "";
  truncateSync(join(checkpoints, newest, "optimizer.safetensors"), 100);
  const warnings: string[] = [];
  await resume(id, { home, onEvent: (e) => e.type === "warning" && warnings.push(e.message) });
  expect(warnings).toEqual([matching(new RegExp(`${newest} is damaged.*optimizer.safetensors has 100 bytes`))]);
  expect(outcome(run(id))).toEqual(whole);
});

test("a run is resumed only on the text and tokenizer that it began with", async () => {
  const id = "changed";
  const stop = new AbortController();
  await train(
    { ...options(), runId: id },
    { home, signal: stop.signal, onEvent: (e) => e.type === "step" && e.step === 3 && stop.abort() },
  );
  const text = readFileSync(corpus);
  writeFileSync(corpus, "something else altogether\n".repeat(400));
  await expect(resume(id, { home })).rejects.toMatchObject({
    failureClass: "USER_INPUT",
    message: containing("has changed since the run began"),
  });
  writeFileSync(corpus, text);
  const tokenizer = join(run(id), "tokenizer.json");
  const json = readFileSync(tokenizer);
  writeFileSync(tokenizer, `${json.toString()} `);
  await expect(resume(id, { home })).rejects.toMatchObject({ code: "CONFLICT", failureClass: "USER_INPUT" });
  rmSync(tokenizer);
  await expect(resume(id, { home })).rejects.toMatchObject({ code: "CONFLICT", failureClass: "USER_INPUT" });
  writeFileSync(tokenizer, json);
  await resume(id, { home });
  expect(outcome(run(id))).toEqual(whole);
});

test("what is no run of the home cannot be resumed", async () => {
  await expect(resume("nowhere", { home })).rejects.toMatchObject({ code: "RUN_NOT_FOUND" });
  cpSync(run("whole"), join(home, "elsewhere"), { recursive: true });
  await expect(resume(join(home, "elsewhere"), { home })).rejects.toMatchObject({ code: "RUN_NOT_FOUND" });
  cpSync(run("whole"), run("bare"), { recursive: true });
  rmSync(join(run("bare"), "manifest.json"));
  await expect(resume("bare", { home })).rejects.toThrow("has no manifest.json");
  writeFileSync(join(run("bare"), "manifest.json"), "{}");
  await expect(resume("bare", { home })).rejects.toMatchObject({ failureClass: "FATAL" });
});

test("two processes do not train one run", async () => {
  const child = startChild(home, { options: { ...options(), runId: "locked", numEpochs: 1000 } });
  await child.until((e) => e.type === "step");
  await expect(resume("locked", { home })).rejects.toMatchObject({ code: "CONFLICT", failureClass: "USER_INPUT" });
  child.process.kill("SIGKILL");
  await child.ended;
});

const neox = { hiddenSize: 32, intermediateSize: 48, numHiddenLayers: 2, numAttentionHeads: 4 };
const small = { hiddenSize: 16, intermediateSize: 24, numHiddenLayers: 2, numAttentionHeads: 4, numKeyValueHeads: 2 };

test.each([
  ["activation checkpointing", { activationCheckpointing: true, gradAccumSteps: 3 }],
  ["accumulation", { gradAccumSteps: 3 }],
  ["documents kept apart", { maskDocuments: true }],
  ["a frozen embedding", { pretrainedRunId: "whole", freezeEmbed: true, finetuneLrCap: 1e-3 }],
  ["a llama", { modelFamily: "llama", modelConfig: { ...small, attentionDropout: 0.1 } }],
  ["a qwen", { modelFamily: "qwen", modelConfig: { ...small, headDim: 6 } }],
  ["an olmo2", { modelFamily: "olmo2", modelConfig: small }],
  ["a gpt_neox", { modelFamily: "gpt_neox", modelConfig: { ...neox, hiddenDropout: 0.1 } }],
  ["a phi3", { modelFamily: "phi3", modelConfig: small }],
  [
    "a char_lstm",
    { modelFamily: "char_lstm", modelConfig: { embedDim: 8, hiddenDim: 16, numLayers: 2, dropout: 0.2 } },
  ],
  ["an adapter", { pretrainedRunId: "whole", loraRank: 2, loraDropout: 0.2, finetuneLrCap: 1e-2 }],
])("with %s too a run that is stopped twice ends as if it had not been", async (name, extra) => {
  const id = name.replaceAll(" ", "-");
  const settings = { ...options(), ...extra, vocabSize: 300, maxSteps: 14, evalEvery: 5, checkpointEvery: 4 };
  await train({ ...settings, runId: `${id}-whole` }, { home });
  let stop = new AbortController();
  const onEvent = (e: RunEvent) => e.type === "step" && [3, 9].includes(e.step) && stop.abort();
  await train({ ...settings, runId: id }, { home, onEvent, signal: stop.signal });
  stop = new AbortController();
  expect((await resume(id, { home, onEvent, signal: stop.signal })).steps).toBe(9);
  expect((await resume(id, { home })).status).toBe("completed");
  expect(outcome(run(id))).toEqual(outcome(run(`${id}-whole`)));
});

test("activation checkpointing changes neither losses nor weights", () => {
  expect(outcome(run("activation-checkpointing"))).toEqual(outcome(run("accumulation")));
});
