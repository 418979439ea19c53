import { appendFile, mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../home/temporary-folder.js";
import { lastEvaluation, Metrics, writeEvaluation } from "./evaluation-files.js";
import type { Sample } from "./samples.js";

const text = { split: "validation", path: null, stride: null, eval_tokens: null };
const lengths = { count: 1, min: 3, mean: 3, max: 3, histogram: [{ from: 2, to: 3, count: 1 }] };
const metrics = (loss: number, more: Partial<Metrics> = {}) =>
  Metrics.parse({ ...text, loss, perplexity: Math.exp(loss), tokens: 100, bytes: 300, documents: 1, ...more });
const ofSamples = { distinct_1: 0.5, distinct_2: 0.75, repetition_4: 0.25, sample_lengths: lengths };

const sample: Sample = {
  prompt: "Once",
  output: " upon",
  seed: 1,
  steps: 1,
  finish_reason: "eos",
  max_new_tokens: 64,
  temperature: 0.8,
  top_k: 50,
  top_p: 0.95,
};

test("an evaluation lies in a folder of its own making: the metrics, a line a sample and a line of history", async () => {
  await using temporary = await temporaryFolder();
  const dir = join(temporary.path, "r", "eval");
  const first = metrics(2, ofSamples);
  await writeEvaluation(dir, first, [sample, { ...sample, seed: 2 }]);
  expect((await readdir(dir)).toSorted()).toEqual(["history.jsonl", "metrics.json", "samples.jsonl"]);
  const read = async (name: string) => readFile(join(dir, name), "utf8");
  expect(JSON.parse(await read("metrics.json"))).toEqual(first);
  expect(await read("samples.jsonl")).toBe(`${JSON.stringify(sample)}\n${JSON.stringify({ ...sample, seed: 2 })}\n`);
  expect(await read("history.jsonl")).toBe(`${JSON.stringify(first)}\n`);
});

test("an evaluation without samples leaves those that lie there, and what the metrics say of them", async () => {
  await using temporary = await temporaryFolder();
  const dir = temporary.path;
  await writeEvaluation(dir, metrics(2, ofSamples), [sample]);
  await writeEvaluation(dir, metrics(1), []);
  expect(JSON.parse(await readFile(join(dir, "metrics.json"), "utf8"))).toEqual(metrics(1, ofSamples));
  expect(await readFile(join(dir, "samples.jsonl"), "utf8")).toBe(`${JSON.stringify(sample)}\n`);
  expect(await lastEvaluation(dir, text)).toEqual(metrics(1)); // the history has what was measured
  const history = [metrics(2, ofSamples), metrics(1)].map((each) => `${JSON.stringify(each)}\n`).join("");
  expect(await readFile(join(dir, "history.jsonl"), "utf8")).toBe(history);
  await writeEvaluation(dir, metrics(3, { distinct_1: 1 }), [{ ...sample, output: "!" }]);
  expect(JSON.parse(await readFile(join(dir, "metrics.json"), "utf8"))).toEqual(metrics(3, { distinct_1: 1 }));
  expect(await readFile(join(dir, "samples.jsonl"), "utf8")).toContain('"!"');
});

test("the last evaluation is the newest of the same text, measured in the same way", async () => {
  await using temporary = await temporaryFolder();
  const dir = temporary.path;
  expect(await lastEvaluation(dir, text)).toBeNull();
  const others = [{ split: "test" }, { path: "/a.txt" }, { stride: 8 }, { eval_tokens: 100 }];
  await writeEvaluation(dir, metrics(1), []);
  await writeEvaluation(dir, metrics(2), []);
  for (const [i, other] of others.entries()) await writeEvaluation(dir, metrics(3 + i, other), []);
  expect((await lastEvaluation(dir, text))?.loss).toBe(2);
  for (const [i, other] of others.entries()) {
    expect((await lastEvaluation(dir, { ...text, ...other }))?.loss).toBe(3 + i);
  }
});

test("a line of history that is torn or of another kind spoils no other", async () => {
  await using temporary = await temporaryFolder();
  const dir = temporary.path;
  await writeEvaluation(dir, metrics(1), []);
  await appendFile(join(dir, "history.jsonl"), '{"loss":9}\n{"loss":');
  await writeEvaluation(dir, metrics(2), []);
  await appendFile(join(dir, "history.jsonl"), '{"loss":');
  expect((await lastEvaluation(dir, text))?.loss).toBe(2);
  const lines = (await readFile(join(dir, "history.jsonl"), "utf8")).split("\n");
  expect(lines.map((line) => line.startsWith('{"evaluated_at"'))).toEqual([true, false, false, true, false]);
});

test("where the history cannot be read nothing is said of what was before, and nothing written over", async () => {
  await using temporary = await temporaryFolder();
  const dir = temporary.path;
  await mkdir(join(dir, "history.jsonl"));
  await expect(lastEvaluation(dir, text)).rejects.toThrow("EISDIR");
  await expect(writeEvaluation(dir, metrics(1), [sample])).rejects.toThrow("EISDIR");
  expect(await readdir(dir)).toEqual(["history.jsonl"]);
});
