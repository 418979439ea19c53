import {
  appendFileSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { containing, matching, scratchPath, tiny, writeCorpus } from "@trainer/testing";
import { readManifest, resume, train, type RunEvent, type TrainInput } from "@trainer/training";
import { afterAll, beforeAll, expect, test } from "vitest";
import { outcome } from "./run-files.js";

let home = "";
let corpus = "";
beforeAll(async () => {
  home = scratchPath("distil");
  corpus = writeCorpus(join(home, "corpus.txt"));
  await run({ runId: "teacher", maxSteps: 60, learningRate: 3e-3 });
});
afterAll(() => rmSync(home, { recursive: true }));

const dir = (id: string) => join(home, "models", id);
const manifestOf = (id: string) => readManifest(join(dir(id), "manifest.json"));
const least = { ...tiny, evaluate: false, learningRate: 1e-3 };
async function run(options: Partial<TrainInput>, context: { signal?: AbortSignal; onStep?: () => void } = {}) {
  const warnings: string[] = [];
  const figures: Readonly<Record<string, number>>[] = [];
  const losses: number[] = [];
  const onEvent = (event: RunEvent) => {
    if (event.type === "warning") warnings.push(event.message);
    if (event.type !== "step") return;
    losses.push(event.loss);
    if (event.figures !== undefined) figures.push(event.figures);
  };
  const result = await train({ ...least, corpus, ...options }, { home, onEvent, ...context });
  return { result, figures, losses, warnings };
}
const student = { teacher: "teacher", kdWeight: 0.9, kdTopK: 8, maxSteps: 12 };

test("a student takes its teacher's tokenizer, comes nearer to it, and to the text by fewer steps than without", async () => {
  const { result, figures, losses } = await run({ ...student, runId: "student", logEvery: 1, tokenizerMethod: "char" });
  const manifest = await manifestOf("student");
  const teacher = await manifestOf("teacher");
  expect(manifest?.tokenizer_id).toBe(teacher?.tokenizer_id);
  expect(manifest?.teacher_sha256).toMatch(/^[0-9a-f]{64}$/);
  expect(manifest?.config).toMatchObject({ teacher: "teacher", kd_weight: 0.9, kd_top_k: 8 });
  expect(Object.keys(figures[0] ?? {})).toEqual(["kd_loss"]);
  expect(figures.at(-1)?.["kd_loss"]).toBeLessThan(Number(figures[0]?.["kd_loss"]));
  const plain = { runId: "alone", maxSteps: 12, logEvery: 1, tokenizer: teacher?.tokenizer_id ?? "" };
  const { result: alone, losses: before } = await run(plain);
  expect(losses[0]).toBeCloseTo(Number(before[0]), 5); // of the text alone
  expect(result.testLoss).toBeLessThan(Number(alone.testLoss));
});

test("stopped and gone on with, a student comes to the same, and not with a teacher that has changed", async () => {
  await run({ ...student, runId: "whole" });
  const stop = new AbortController();
  let steps = 0;
  const onStep = () => (steps += 1) === 5 && stop.abort();
  await run({ ...student, runId: "stopped" }, { signal: stop.signal, onStep });
  cpSync(dir("stopped"), dir("spoilt"), { recursive: true });
  await resume("stopped", { home });
  expect(outcome(dir("stopped"))).toEqual(outcome(dir("whole")));
  const weights = join(dir("teacher"), "model.safetensors");
  const before = readFileSync(weights);
  appendFileSync(weights, "\0");
  try {
    await expect(resume("spoilt", { home })).rejects.toMatchObject({
      code: "CONFLICT",
      message: matching(/other weights/),
    });
  } finally {
    writeFileSync(weights, before);
  }
});

test("with its answers kept a teacher is asked once per token: by no later epoch, other run or run that goes on", async () => {
  const kept = { ...student, kdCache: true, maxSteps: null, numEpochs: 2, batchSize: 64 };
  const sets = join(home, "cache", "bins");
  const before = readdirSync(sets);
  const whole = await run({ ...kept, runId: "kept" });
  const set = readdirSync(sets).find((name) => !before.includes(name)) ?? "";
  const answers = join(sets, set, "answers");
  const [asked, { mtimeMs: askedAt }] = [readFileSync(answers), statSync(answers)];
  const asIfNew = await run({ ...kept, runId: "kept-again", seed: 8, modelConfig: { ...tiny.modelConfig, nEmbd: 8 } });
  expect(statSync(answers).mtimeMs).toBe(askedAt); // whatever was asked would be written
  expect(asIfNew.losses).toHaveLength(whole.losses.length);

  const stop = new AbortController();
  let steps = 0;
  const onStep = () => (steps += 1) === 5 && stop.abort();
  await run({ ...kept, runId: "kept-stopped" }, { signal: stop.signal, onStep });
  writeFileSync(answers, asked.subarray(0, asked.length / 3).fill(9, 40, 50)); // cut short, and damaged
  const warnings: string[] = [];
  const onEvent = (event: RunEvent) => event.type === "warning" && warnings.push(event.message);
  await resume("kept-stopped", { home, onEvent });
  expect(outcome(dir("kept-stopped"))).toEqual(outcome(dir("kept")));
  expect([whole.warnings, asIfNew.warnings, warnings]).toEqual([[], [], [containing("damaged: it is asked again")]]);
});

test("a teacher that is not there, reads less or has another tokenizer is refused", async () => {
  await expect(run({ ...student, runId: "a", teacher: "nobody" })).rejects.toMatchObject({ code: "RUN_NOT_FOUND" });
  await expect(run({ ...student, runId: "b", maxSeqLen: 4096 })).rejects.toMatchObject({ code: "MODEL_INCOMPATIBLE" });
  expect(existsSync(dir("b"))).toBe(false);
  await run({ runId: "other", maxSteps: 1, vocabSize: 290 });
  const { tokenizer_id: id } = (await manifestOf("other")) ?? { tokenizer_id: "" };
  await expect(run({ ...student, runId: "c", tokenizer: id })).rejects.toThrow("has another tokenizer than the run");
  await expect(run({ ...student, zLoss: 1e-4 })).rejects.toThrow("it does not go with `teacher`");
});
