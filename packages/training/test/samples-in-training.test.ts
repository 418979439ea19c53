import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { at, unlessAbsent } from "@trainer/disk";
import { samplePrompts } from "@trainer/options";
import { containing, scratchPath, tiny, writeCorpus } from "@trainer/testing";
import { memoryStats, noGrad } from "@trainer/torch";
import { readManifest, resume, train, type RunEvent, type StepDone } from "@trainer/training";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { queueStep } from "../src/step/step.js";
import { startChild } from "./children.js";
import { outcome } from "./run-files.js";
import { limited } from "./small-disk.js";

let home = "";
let corpus = "";
const options = () => ({ ...tiny, corpus, maxSteps: 12, evalEvery: 6, checkpointEvery: 5, evaluate: false });
const run = (id: string) => join(home, "models", id);

beforeAll(async () => {
  home = scratchPath("samples-in-training");
  corpus = writeCorpus(join(home, "corpus.txt"));
  await train({ ...options(), runId: "base" }, { home });
});
afterAll(() => rmSync(home, { recursive: true }));

const Line = z.looseObject({ step: z.int().optional(), prompt: z.string(), output: z.string(), seed: z.int() });
const textOf = (id: string, name = "samples.jsonl") => readFileSync(join(run(id), name), "utf8");
const linesOf = (id: string, name?: string) =>
  textOf(id, name)
    .trimEnd()
    .split("\n")
    .map((line) => Line.parse(JSON.parse(line)));
const stepsOf = (id: string) => [...new Set(linesOf(id).map(({ step }) => step))];

const small = { hiddenSize: 16, intermediateSize: 24, numHiddenLayers: 2, numAttentionHeads: 4, numKeyValueHeads: 2 };
const families = [
  ["gpt2", {}],
  ["llama", { modelFamily: "llama", modelConfig: { ...small, attentionDropout: 0.1 } }],
  ["qwen", { modelFamily: "qwen", modelConfig: { ...small, headDim: 6 } }],
  ["char_lstm", { modelFamily: "char_lstm", modelConfig: { embedDim: 8, hiddenDim: 16, numLayers: 2, dropout: 0.2 } }],
  ["adapter", { pretrainedRunId: "base", loraRank: 2, loraDropout: 0.2, finetuneLrCap: 1e-2 }],
] as const;

test.each(families)(
  "a %s that writes samples learns what one without does, to the bit, also when it is stopped amid them",
  async (name, extra) => {
    const settings = { ...options(), ...extra, vocabSize: 300 };
    const sampled = { ...settings, sampleEvery: 3 };
    await train({ ...settings, runId: `${name}-without` }, { home });
    const live = new Map<number, number>();
    const told: number[] = [];
    await train(
      { ...sampled, runId: `${name}-with` },
      {
        home,
        onStep: ({ step }) => live.set(step, memoryStats().liveTensors),
        onEvent: (event) => event.type === "sample" && told.push(event.step, event.samples.length),
      },
    );
    expect(outcome(run(`${name}-with`))).toEqual(outcome(run(`${name}-without`)));
    expect(live.get(9)).toBe(live.get(5)); // what was allocated for them is gone
    expect(told).toEqual([3, 6, 9, 12].flatMap((step) => [step, samplePrompts.length]));
    const lines = linesOf(`${name}-with`);
    expect(lines.map(({ step, prompt, seed }) => [step, prompt, seed])).toEqual(
      [3, 6, 9, 12].flatMap((step) => samplePrompts.map((prompt, i) => [step, prompt, 42 + i])),
    );

    const stopped: number[] = [];
    const id = `${name}-stopped`;
    const context = () => stopAmid(stopped, [3, 9, 12]); // the last one when there is nothing more to train
    let result = await train({ ...sampled, runId: id }, context());
    while (result.status === "interrupted") {
      expect([result.steps, stepsIfAny(id).includes(result.steps)]).toEqual([stopped.at(-1), false]);
      result = await resume(id, context());
    }
    expect(stopped).toEqual([3, 9, 12]);
    expect(outcome(run(id))).toEqual(outcome(run(`${name}-without`)));
    expect(textOf(id)).toBe(textOf(`${name}-with`));
  },
);

const stepsIfAny = (id: string) => (textOf(id) === "" ? [] : stepsOf(id));

/** Stops a run once while it writes the samples of each of these steps: there are tensors then that no step leaves. */
function stopAmid(stopped: number[], steps: readonly number[]) {
  const stop = new AbortController();
  const onStep = ({ step }: StepDone) => {
    if (!steps.includes(step) || stopped.includes(step)) return;
    stopped.push(step);
    const { liveTensors } = memoryStats();
    const look = () => {
      if (memoryStats().liveTensors > liveTensors) stop.abort();
      else setImmediate(look);
    };
    setImmediate(look);
  };
  return { home, onStep, signal: stop.signal };
}

test("the samples of a step are those that an evaluation of its weights writes", async () => {
  const settings = { ...options(), holdoutFraction: 0, evaluate: true, sampleEvery: 6 };
  const { path } = await train({ ...settings, runId: "alike" }, { home });
  const last = linesOf("alike").flatMap(({ step, ...line }) => (step === 12 ? [line] : []));
  expect(last).toEqual(linesOf("alike", "eval/samples.jsonl"));
  expect(await readManifest(join(path, "manifest.json"))).toMatchObject({ config: { sample_every: 6 } });
});

test("killed at any moment and resumed, a run has each step's samples once", async () => {
  const settings = { ...options(), sampleEvery: 2 };
  await train({ ...settings, runId: "whole" }, { home });
  const child = startChild(home, { options: { ...settings, runId: "killed" } });
  await child.until((event) => event.type === "sample" && event["step"] === 8); // three steps after a checkpoint
  child.process.kill("SIGKILL");
  await child.ended;
  await resume("killed", { home });
  expect(textOf("killed")).toBe(textOf("whole"));
  expect(outcome(run("killed"))).toEqual(outcome(run("base")));
});

test("a run of an earlier version, which knew of no samples, goes on without", async () => {
  const stop = new AbortController();
  const onStep = ({ step }: StepDone) => step === 4 && stop.abort();
  await train({ ...options(), runId: "earlier" }, { home, onStep, signal: stop.signal });
  const path = join(run("earlier"), "manifest.json");
  const Manifest = z.looseObject({ config: z.record(z.string(), z.unknown()) });
  const manifest = Manifest.parse(JSON.parse(readFileSync(path, "utf8")));
  const { sample_every: every, ...config } = manifest.config;
  expect(every).toBe(0);
  writeFileSync(path, JSON.stringify({ ...manifest, config }));
  expect((await resume("earlier", { home })).status).toBe("completed");
  expect(outcome(run("earlier"))).toEqual(outcome(run("base")));
  expect(await unlessAbsent(Promise.resolve().then(() => textOf("earlier")))).toBeNull();
});

test("samples that cannot be written are a warning, and the run is completed", async () => {
  const events: RunEvent[] = [];
  const settings = { ...options(), maxSteps: 2, sampleEvery: 1, holdoutFraction: 0, testSplitRatio: 0 };
  const spoil: typeof queueStep = (stepper, next, count) => {
    const queued = queueStep(stepper, next, count);
    if (events.some(({ type }) => type === "sample")) noGrad(() => at(stepper.params, 0).fill_(NaN));
    return queued;
  };
  const result = await train(
    { ...settings, runId: "spoilt" },
    { home, queueStep: spoil, onEvent: (event) => events.push(event) },
  );
  expect(result.status).toBe("completed");
  expect(events.flatMap((event) => (event.type === "warning" ? [event.message] : []))).toEqual([
    containing("step 2: no samples were written: the model's logits are not finite"),
  ]);
  expect(stepsOf("spoilt")).toEqual([1]);
  expect(textOf("spoilt", "logs.jsonl")).toContain("step 2: no samples were written");
});

test("where the file may not grow the samples before it are whole, and the run is completed", async () => {
  const modelConfig = { nEmbd: 8, nLayer: 1, nHead: 1 };
  const settings = { ...options(), modelConfig, maxSteps: 100, logEvery: 1000, evalEvery: 0, checkpointEvery: 0 };
  const child = startChild(home, { options: { ...settings, sampleEvery: 1, runId: "full" } }, limited(48 << 10));
  await child.ended;
  expect(child.events.at(-1)).toMatchObject({ type: "completed" });
  expect(child.events.find(({ type }) => type === "warning")).toMatchObject({ message: containing("EFBIG") });
  const lines = linesOf("full");
  expect(lines.length).toBeGreaterThan(samplePrompts.length);
  expect(lines.length % samplePrompts.length).toBe(0);
});
