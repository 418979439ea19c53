import { appendFile, cp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { aString } from "@trainer/testing";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { recordArchive } from "../src/artifact/archived.js";
import { openHome, type Home } from "../src/home/home.js";
import { temporaryFolder } from "../src/home/temporary-folder.js";
import type { RunResult } from "../src/run/events.js";
import { readManifest } from "../src/home/manifest.js";
import { train } from "../src/run/train.js";
import { evaluate } from "../src/inference/evaluate.js";
import { computeOf } from "../src/inference/compute-of.js";
import { openModel } from "../src/inference/open-model.js";
import { samplePrompts } from "@trainer/options";
import { score } from "../src/inference/score.js";
import { containing, expected, openTinyGpt2, tinyGpt2 } from "./fixture.js";

const noSamples = { prompts: [] };
let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
let home: Home;
let corpus: string;
let run: RunResult;

beforeAll(async () => {
  temporary = await temporaryFolder();
  home = openHome(join(temporary.path, "runs"));
  corpus = join(temporary.path, "corpus.txt");
  const lines = Array.from(
    { length: 120 },
    (_, i) => `On day ${i} the lamp stood by the window and ${i % 7} ships came.`,
  );
  await writeFile(corpus, lines.join("\n"));
  run = await train(
    {
      corpus,
      runId: "lamp",
      tokenizer: tinyGpt2,
      document: "line",
      modelSize: "tiny",
      modelConfig: { nEmbd: 16, nLayer: 1, nHead: 2 },
      maxSeqLen: 32,
      batchSize: 8,
      maxSteps: 12,
      learningRate: 3e-3,
      holdoutFraction: 0.1,
      testSplitRatio: 0.1,
      threads: 1,
    },
    { home: home.root },
  );
});
afterAll(() => temporary[Symbol.asyncDispose]());

const json = async (path: string): Promise<unknown> => JSON.parse(await readFile(path, "utf8"));

test("a split's loss is what training found on it, and is written down with samples", async () => {
  using opened = await openModel("lamp", { home });
  const heard: [number, number][] = [];
  const tested = await evaluate(opened, { split: "test" }, { home, onProgress: (...p) => heard.push(p) });
  expect(tested.loss).toBeCloseTo(run.testLoss ?? 0, 5);
  expect(tested.bitsPerByte).toBeCloseTo(run.testBitsPerByte ?? 0, 5);
  expect(tested.perplexity).toBe(Math.exp(tested.loss));
  expect(heard.length).toBeGreaterThan(0);
  expect(heard[0]?.[0]).toBe(0);

  expect(tested.dir).toBe(join(run.path, "eval", "test"));
  expect(await json(join(run.path, "eval", "test", "metrics.json"))).toEqual({
    loss: tested.loss,
    perplexity: tested.perplexity,
    bits_per_byte: tested.bitsPerByte,
    tokens: tested.tokens,
    bytes: tested.bytes,
    documents: tested.documents,
    characters: tested.bytes, // all of them ASCII
    bits_per_character: tested.bitsPerByte, // of what is predicted, which are all of them too
    evaluated_at: aString,
    stride: null,
    eval_tokens: null,
    sampled: false,
    lost_bytes: 0,
    unknown_tokens: 0,
    note: null,
    sample_lengths: tested.sampleLengths,
    document_lengths: tested.documentLengths,
    split: "test",
    path: null,
    distinct_1: tested.diversity.distinct1,
    distinct_2: tested.diversity.distinct2,
    repetition_4: tested.diversity.repetition4,
  });
  const lines = (await readFile(join(run.path, "eval", "test", "samples.jsonl"), "utf8")).trimEnd().split("\n");
  expect(lines.map((line): unknown => JSON.parse(line))).toEqual(tested.samples);
  expect(tested.samples.map(({ prompt }) => prompt)).toEqual(samplePrompts);
});

test("validation is the split unless another is asked for, and an evaluation says the same each time", async () => {
  using opened = await openModel("lamp", { home });
  const validated = await evaluate(opened, {}, { home });
  expect(validated.split).toBe("validation");
  expect(validated.loss).toBeCloseTo(run.bestValLoss ?? 0, 5);
  const again = await evaluate(opened, {}, { home });
  expect(again).toEqual({ ...validated, comparison: again.comparison });
  expect(again.comparison).toMatchObject({ against: "the evaluation before", sameText: true });
  expect(again.comparison?.differences.map(({ change }) => change)).toEqual(
    again.comparison?.differences.map(({ before }) => (before === 0 ? null : 0)),
  );
});

test("every evaluation is kept, the newest last", async () => {
  using opened = await openModel("lamp", { home });
  const out = join(temporary.path, "kept");
  const first = await evaluate(opened, { ...noSamples, out }, { home });
  const second = await evaluate(opened, { ...noSamples, out, stride: 8 }, { home });
  expect([first.comparison, second.comparison]).toEqual([null, null]); // nothing like them was there
  await appendFile(join(out, "history.jsonl"), '{}\n{"torn');
  const third = await evaluate(opened, { ...noSamples, out }, { home });
  expect(third.comparison?.differences.map(({ metric }) => metric)).toEqual([
    "loss",
    "perplexity",
    "bits_per_byte",
    "bits_per_character",
  ]);
  const lines = (await readFile(join(out, "history.jsonl"), "utf8")).split("\n");
  expect(lines.filter((line) => line.endsWith("}"))).toHaveLength(4);
});

test("windows that overlap predict every token once, with more before it", async () => {
  using opened = await openModel("lamp", { home });
  const withStride = (stride: number | null) => evaluate(opened, { ...noSamples, stride, batchSize: 3 }, { home });
  const [apart, whole, half] = [await withStride(null), await withStride(32), await withStride(5)];
  expect(whole.loss).toBeCloseTo(apart.loss, 5);
  expect([whole.tokens, half.tokens]).toEqual([apart.tokens, apart.tokens]);
  expect(half.loss).not.toBeCloseTo(apart.loss, 5);
  expect((await withStride(100)).loss).toBeCloseTo(apart.loss, 5); // at most a context
});

test("with a stride a text has the loss that scoring finds", async () => {
  using opened = await openTinyGpt2();
  const path = join(temporary.path, "long.txt");
  await writeFile(path, expected.long_text);
  const stride = opened.contextLength / 2;
  const { loss, tokens } = await evaluate(opened, { ...noSamples, path, stride }, { home });
  const scored = await score(opened, { text: `${expected.long_text}[EOS]`, stride, specialTokens: true });
  expect(tokens).toBe(expected.long_ids.length);
  expect(loss).toBeCloseTo(Number(scored.loss), 5);
});

test("an evaluation is compared with another run's of the same, and what is worse is a regression", async () => {
  const input = { corpus, tokenizer: tinyGpt2, modelSize: "tiny", modelConfig: { nEmbd: 16, nLayer: 1, nHead: 2 } };
  const short = {
    runId: "short",
    document: "line",
    maxSeqLen: 32,
    maxSteps: 1,
    holdoutFraction: 0.1,
    threads: 1,
  } as const;
  await train({ ...input, ...short, testSplitRatio: 0.1 }, { home: home.root });
  using opened = await openModel("short", { home });
  const { comparison } = await evaluate(opened, { ...noSamples, against: "lamp" }, { home });
  expect(comparison).toMatchObject({ against: "lamp", sameText: true });
  const worse = comparison?.differences.filter(({ regression }) => regression).map(({ metric }) => metric);
  expect(worse).toEqual(["loss", "perplexity", "bits_per_byte", "bits_per_character"]);
  const lenient = await evaluate(opened, { ...noSamples, against: "lamp", regressionThreshold: 1e6 }, { home });
  expect(lenient.comparison?.differences.some(({ regression }) => regression)).toBe(false);
  await expect(evaluate(opened, { ...noSamples, against: "lamp", stride: 3 }, { home })).rejects.toMatchObject({
    code: "INVALID_INPUT",
    message: containing("lamp has not been evaluated on its validation split with a stride of 3 yet"),
  });
  await expect(evaluate(opened, { ...noSamples, path: corpus, against: "lamp" }, { home })).rejects.toThrow(
    `has not been evaluated on ${corpus} yet`,
  );
  await expect(evaluate(opened, { ...noSamples, against: tinyGpt2 }, { home })).rejects.toThrow(
    `${tinyGpt2} has not been evaluated on its validation split yet`, // no run: it has no manifest
  );
});

test("of bins whose text was not measured nothing is said of what is lost, and characters are those predicted", async () => {
  using opened = await openModel("lamp", { home });
  const known = await evaluate(opened, { ...noSamples, split: "test" }, { home });
  const bins = join(home.cache, "bins");
  const unmeasured = openHome(join(temporary.path, "unmeasured"));
  await cp(bins, join(unmeasured.cache, "bins"), { recursive: true });
  for (const key of await readdir(bins)) {
    const path = join(unmeasured.cache, "bins", key, "manifest.json");
    const text = await readFile(path, "utf8");
    const without = (key: string, value: unknown): unknown => (key === "measured" ? null : value);
    await writeFile(path, JSON.stringify(JSON.parse(text, without)));
  }
  const out = join(temporary.path, "not-measured");
  const evaluation = await evaluate(opened, { ...noSamples, split: "test", out }, { home: unmeasured });
  expect(evaluation).toMatchObject({ loss: known.loss, bytes: known.bytes, lost: null, note: null });
  expect(evaluation.characters).toBe(known.characters - 1); // the "O" of "On" is the first token, which is not
  expect(evaluation).toMatchObject({ bitsPerByte: null, bitsPerCharacter: null });
  expect(await json(join(out, "metrics.json"))).toMatchObject({ lost_bytes: null, unknown_tokens: null, note: null });
});

test("the batch size makes no difference but in rounding", async () => {
  using opened = await openModel("lamp", { home });
  const [one, many] = [
    await evaluate(opened, { ...noSamples, batchSize: 1 }, { home }),
    await evaluate(opened, { ...noSamples, batchSize: 100 }, { home }),
  ];
  expect(one.loss).toBeCloseTo(many.loss, 5);
  expect(one.tokens).toBe(many.tokens);
});

test("another text is evaluated whole, by any model, and told in bits per byte", async () => {
  using opened = await openTinyGpt2();
  const path = join(temporary.path, "short.txt");
  await writeFile(path, expected.prompt);
  const { loss, tokens, bitsPerByte, bytes, dir, split } = await evaluate(opened, { ...noSamples, path }, { home });
  expect({ tokens, bytes, dir, split }).toEqual({
    tokens: expected.ids.length, // the end of text is predicted, the first token is not
    bytes: Buffer.byteLength(expected.prompt),
    dir: null,
    split: "external",
  });
  const [given = NaN] = expected.ids; // the first token is not predicted: its bytes do not count
  const predicted = bytes - opened.tokenizer.tokenBytes(given).length;
  expect(bitsPerByte).toBeCloseTo((loss * tokens) / Math.LN2 / predicted, 8);
  const { loss: scored } = await score(opened, { text: expected.prompt });
  const last = loss * tokens - Number(scored) * (tokens - 1);
  expect(last).toBeGreaterThan(0);
});

test("another text is read as a run's own corpus was", async () => {
  using opened = await openModel("lamp", { home });
  const path = join(temporary.path, "three-lines.txt");
  await writeFile(path, "one\ntwo\nthree\n");
  expect((await evaluate(opened, { ...noSamples, path }, { home })).documents).toBe(3);
  expect((await evaluate(opened, { ...noSamples, path, document: "file" }, { home })).documents).toBe(1);
});

test("the precision is that of training where the device is a GPU, else full", async () => {
  using opened = await openModel("lamp", { home });
  const manifest = opened.manifest && { ...opened.manifest, precision: "bf16" as const };
  expect(computeOf({ device: "cuda", manifest })).toEqual({ device: "cuda", precision: "bf16" });
  expect(computeOf({ device: "cpu", manifest })).toEqual({ device: "cpu", precision: "fp32" });
  expect(computeOf({ device: "cuda", manifest: null })).toEqual({ device: "cuda", precision: "fp32" });
});

test.runIf(process.platform === "linux")("what could not be kept is refused before it is measured", async () => {
  using opened = await openTinyGpt2();
  const progress = vi.fn<() => void>();
  await expect(
    evaluate(opened, { path: corpus, out: "/proc/results" }, { home, onProgress: progress }),
  ).rejects.toMatchObject({
    code: "FORBIDDEN",
    message: containing("--out"),
  });
  expect(progress).not.toHaveBeenCalled();
});

test("results go to the folder asked for", async () => {
  using opened = await openTinyGpt2();
  const out = join(temporary.path, "results");
  const { dir } = await evaluate(opened, { path: corpus, out, prompts: ["The", ""], seed: 5 }, { home });
  expect(dir).toBe(out);
  expect(await json(join(out, "metrics.json"))).toMatchObject({ split: "external", path: corpus });
  const samples = (await readFile(join(out, "samples.jsonl"), "utf8")).trimEnd().split("\n");
  expect(samples.map((line): unknown => JSON.parse(line))).toMatchObject([
    { prompt: "The", seed: 5 },
    { prompt: "", seed: 6 },
  ]);
});

test("an empty prompt is left out where a model has no token to begin from", async () => {
  using opened = await openTinyGpt2();
  const input = { path: corpus, prompts: ["", "The"] };
  const { samples } = await evaluate({ ...opened, startId: null }, input, { home });
  expect(samples.map(({ prompt }) => prompt)).toEqual(["The"]);
});

test("a model that is no run has no splits", async () => {
  using opened = await openTinyGpt2();
  await expect(evaluate(opened, {}, { home })).rejects.toMatchObject({
    code: "INVALID_INPUT",
    message: containing("has no validation split: give the path of a text"),
  });
});

test("a run whose corpus is gone or has changed is not evaluated on something else", async () => {
  using opened = await openModel("lamp", { home });
  await rename(corpus, `${corpus}.away`);
  await expect(evaluate(opened, noSamples, { home })).rejects.toMatchObject({
    code: "CORPUS_NOT_FOUND",
    message: containing(/the corpus of run lamp cannot be read.*give the path of another text/),
  });
  await writeFile(corpus, "Another text.\n".repeat(50));
  await expect(evaluate(opened, noSamples, { home })).rejects.toMatchObject({
    code: "INVALID_INPUT",
    message: containing("has changed since it was trained"),
  });
  await rename(`${corpus}.away`, corpus);
  expect((await evaluate(opened, noSamples, { home })).tokens).toBeGreaterThan(0);
});

test("a run without its copies is evaluated on the text that it held out, though its bins are gone", async () => {
  const path = join(temporary.path, "copies.txt");
  const words = (i: number) => Array.from({ length: 12 }, (_, k) => `w${i * k}`).join(" ");
  const texts = Array.from({ length: 60 }, (_, i) => words(i));
  await writeFile(path, [...texts, ...texts.map((text) => text.toUpperCase()), ...texts].join("\n"));
  const options = { corpus: path, runId: "unique", tokenizer: tinyGpt2, document: "line", dedup: "near" } as const;
  const model = { modelSize: "tiny", modelConfig: { nEmbd: 16, nLayer: 1, nHead: 2 }, maxSeqLen: 32 } as const;
  const length = { maxSteps: 1, holdoutFraction: 0.1, testSplitRatio: 0.1, evaluate: false, threads: 1 } as const;
  const warnings: string[] = [];
  const result = await train(
    { ...options, ...model, ...length },
    { home: home.root, onEvent: (event) => event.type === "warning" && warnings.push(event.message) },
  );
  expect(warnings).toContainEqual(containing("120 documents are left out as copies, 60 equal and 60 near"));
  const manifest = await readManifest(join(result.path, "manifest.json"));
  expect(manifest?.left_out?.copies).toMatchObject({ exact: { documents: 60 }, near: { documents: 60 } });
  await rm(join(home.root, "cache", "bins"), { recursive: true });
  using opened = await openModel("unique", { home });
  const tested = await evaluate(opened, { split: "test", ...noSamples }, { home });
  expect([tested.loss, tested.documents]).toEqual([result.testLoss, manifest?.splits?.test.documents]);
});

test("a split that a run was trained without is refused", async () => {
  const input = { corpus, tokenizer: tinyGpt2, modelSize: "tiny", modelConfig: { nEmbd: 16, nLayer: 1, nHead: 2 } };
  const whole = { runId: "whole", maxSeqLen: 32, maxSteps: 1, holdoutFraction: 0, testSplitRatio: 0, threads: 1 };
  await train({ ...input, ...whole, document: "line" }, { home: home.root });
  using opened = await openModel("whole", { home });
  await expect(evaluate(opened, { split: "test" }, { home })).rejects.toThrow("its test split ratio was 0");
  await expect(evaluate(opened, {}, { home })).rejects.toThrow("its holdout fraction was 0");
});

test("with smaller weights a run's own evaluation is not written over, but what is asked for elsewhere is written", async () => {
  const own = join(run.path, "eval", "test", "metrics.json");
  const stored = await openModel("lamp", { home });
  await evaluate(stored, { ...noSamples, split: "test" }, { home });
  stored[Symbol.dispose]();
  const before = await readFile(own, "utf8");
  using opened = await openModel("lamp", { home, weightType: "int8" });
  const small = await evaluate(opened, { ...noSamples, split: "test" }, { home });
  expect(small.dir).toBeNull();
  expect(await readFile(own, "utf8")).toBe(before);
  expect(small.comparison).toMatchObject({ against: "the evaluation before", sameText: true });
  const out = join(temporary.path, "small");
  expect((await evaluate(opened, { ...noSamples, split: "test", out }, { home })).dir).toBe(out);
  expect(await json(join(out, "metrics.json"))).toMatchObject({ loss: small.loss });
});

test("an archive does not have what is evaluated after it was sent, but for what is written elsewhere", async () => {
  const fileId = "a".repeat(64);
  const sentAs = async () => (await readManifest(join(run.path, "manifest.json")))?.artifact_file_id;
  await recordArchive(home, "lamp", fileId);
  using opened = await openModel("lamp", { home });
  for (const out of [join(temporary.path, "beside"), join(run.path, "evaluations")]) {
    await evaluate(opened, { ...noSamples, out }, { home });
    expect(await sentAs()).toBe(fileId);
  }
  for (const input of [{}, { stride: 8 }]) {
    await recordArchive(home, "lamp", fileId);
    await evaluate(opened, { ...noSamples, ...input }, { home });
    expect(await sentAs()).toBeNull();
  }
});

test("an aborted evaluation stops and writes nothing", async () => {
  using opened = await openTinyGpt2();
  const controller = new AbortController();
  const out = join(temporary.path, "never");
  const context = { home, signal: controller.signal, onProgress: () => controller.abort() };
  await expect(evaluate(opened, { path: corpus, out, batchSize: 1 }, context)).rejects.toMatchObject({
    name: "AbortError",
  });
  await expect(json(join(out, "metrics.json"))).rejects.toThrow("ENOENT");
});

test("an evaluation of another text, or without samples, leaves what training wrote as it was", async () => {
  const own = join(run.path, "eval");
  const files = () => Promise.all(["metrics.json", "samples.jsonl"].map((name) => readFile(join(own, name), "utf8")));
  using opened = await openModel("lamp", { home });
  await evaluate(opened, {}, { home });
  const before = await files();
  expect(before[1]).not.toBe("");
  const other = join(temporary.path, "other.txt");
  await writeFile(other, "The lamp stood by another window.");
  const foreign = await evaluate(opened, { ...noSamples, path: other }, { home });
  await evaluate(opened, { split: "test", stride: 4 }, { home });
  await evaluate(opened, { prompts: ["The"] }, { home });
  expect(await files()).toEqual(before);
  expect(await json(join(foreign.dir ?? "", "metrics.json"))).toMatchObject({ path: other, split: "external" });
  await evaluate(opened, noSamples, { home });
  const [metrics = "", samples] = await files();
  expect(samples).toBe(before[1]); // and metrics still match the files beside them
  const when = { evaluated_at: aString };
  expect({ ...Object(JSON.parse(metrics)), ...when }).toEqual({ ...Object(JSON.parse(before[0] ?? "")), ...when });
});

test("a split that cannot be read as in training is refused, and its bins are nobody's any more", async () => {
  using opened = await openModel("lamp", { home });
  const { manifest, model } = opened;
  const apart = manifest && { ...manifest, config: { ...manifest.config, mask_documents: true } };
  const blind = { ...model, outline: { ...model.outline, heads: null } };
  const out = join(temporary.path, "refused");
  await expect(
    evaluate({ ...opened, model: blind, manifest: apart }, { ...noSamples, split: "test", out }, { home }),
  ).rejects.toMatchObject({ code: "MODEL_INCOMPATIBLE" });
  const left = await readdir(join(home.cache, "bins"));
  expect(left.filter((name) => name.startsWith(".in-use-"))).toEqual([]);
});
