import { execFile } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { containing, scratchPath, tiny, writeCorpus } from "@trainer/testing";
import { estimateTraining, readManifest, train, type TrainInput } from "@trainer/training";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { z } from "zod";

vi.setConfig({ testTimeout: 240_000 }); // on a busy machine

let home = "";
let corpus = "";
beforeAll(() => {
  home = scratchPath("estimate");
  corpus = writeCorpus(join(home, "corpus.txt"));
});
afterAll(() => rmSync(home, { recursive: true }));

const BUILT = fileURLToPath(new URL("../dist/index.js", import.meta.url));
const BOOK = fileURLToPath(new URL("../../../examples/corpus/tinyshakespeare.txt", import.meta.url));

/** Trains in a process of its own, from the built files; the bytes that it had at its height. */
async function trained(input: TrainInput): Promise<number> {
  const program = `import { train } from ${JSON.stringify(BUILT)};
    await train(${JSON.stringify(input)}, { home: ${JSON.stringify(home)} });
    console.log(process.resourceUsage().maxRSS * 1024);`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", program]);
  return z.coerce.number().parse(stdout);
}

const manifestOf = (id: string) => readManifest(join(home, "models", id, "manifest.json"));

test("parameters, tokens and steps are those of the run that then is made, and its memory is near", async () => {
  const input = {
    corpus: [BOOK],
    runId: "real",
    modelSize: "tiny",
    modelConfig: { nLayer: 2, nEmbd: 64, nHead: 2 },
    maxSeqLen: 128,
    batchSize: 24,
    gradAccumSteps: 2,
    threads: 1,
  };
  const told = await estimateTraining(input, { home });
  expect(readdirSync(home)).toEqual(["corpus.txt"]); // nothing of it is kept
  const bytes = await trained(input);
  const made = await manifestOf("real");
  expect(told).toMatchObject({
    parameters: made?.parameters,
    trainableParameters: made?.trainable_parameters,
    tokens: made?.splits?.train.tokens,
    steps: made?.total_steps,
    device: "cpu",
    precision: "fp32",
    threads: 1,
    isSampled: false,
    reasons: {},
  });
  expect(made?.total_steps).toBe(made?.steps);
  expect(told.memoryBytes).toBeGreaterThan(bytes / 1.6);
  expect(told.memoryBytes).toBeLessThan(bytes * 1.6);
  expect(told.availableBytes).toBeGreaterThan(bytes);
  expect(told.seconds).toBeGreaterThan(0);
  expect(told.seconds).toBeLessThan(Infinity);
});

test("of a text too large to read all of it the beginning tells the rest", async () => {
  const input = { ...tiny, corpus: [BOOK], vocabSize: 1024 };
  const whole = await estimateTraining(input, { home });
  const part = await estimateTraining(input, { home, sampleBytes: 1 << 17 });
  expect([whole.isSampled, part.isSampled]).toEqual([false, true]);
  expect(part.parameters).toBe(whole.parameters);
  const ratio = Number(part.tokens) / Number(whole.tokens);
  expect(ratio).toBeGreaterThan(0.75);
  expect(ratio).toBeLessThan(1.25);
});

test("other weights and an adapter on them count as in their run", async () => {
  await train({ ...tiny, corpus, runId: "base", maxSteps: 2 }, { home });
  const input = { ...tiny, corpus, runId: "tuned", vocabSize: null, maxSteps: 3, pretrainedRunId: "base", loraRank: 2 };
  const told = await estimateTraining({ ...input, maxSeqLen: null }, { home });
  await train({ ...input, maxSeqLen: null }, { home });
  const made = await manifestOf("tuned");
  expect(told).toMatchObject({
    parameters: made?.parameters,
    trainableParameters: made?.trainable_parameters,
    tokens: made?.splits?.train.tokens,
    steps: 3,
  });
  expect(told.trainableParameters).toBeLessThan(Number(told.parameters));
  const tokenizer = made?.tokenizer_id ?? "";
  const { vocabSize: _size, ...plain } = tiny;
  expect(await estimateTraining({ ...plain, corpus, tokenizer }, { home })).toMatchObject({ reasons: {} });
});

test("a teacher's tokenizer is the run's, its weights take memory, and one that reads other tokens is refused", async () => {
  const input = { ...tiny, corpus, vocabSize: 290, teacher: "base", maxSteps: 1, threads: 1 };
  const told = await estimateTraining(input, { home });
  await train({ ...input, runId: "taught", evaluate: false }, { home });
  expect(told).toMatchObject({ parameters: (await manifestOf("taught"))?.parameters, steps: 1, reasons: {} });
  const none = { home, memoryBytes: 1 };
  const alone = await estimateTraining({ ...input, teacher: null, vocabSize: tiny.vocabSize }, none);
  const both = await estimateTraining(input, none);
  const weights = 4 * Number((await manifestOf("base"))?.parameters);
  expect(Number(both.memoryBytes) - Number(alone.memoryBytes)).toBe(weights);
  const id = "a".repeat(64);
  expect((await estimateTraining({ ...input, corpusFileId: id }, none)).parameters).toBe(told.parameters);
  await train({ ...input, teacher: null, runId: "other-tokens", evaluate: false }, { home });
  const tokenizer = (await manifestOf("other-tokens"))?.tokenizer_id ?? "";
  await expect(estimateTraining({ ...input, tokenizer }, { home })).rejects.toMatchObject({
    code: "MODEL_INCOMPATIBLE",
    message: containing("has another tokenizer than the run"),
  });
});

test("what is only known once the run begins is null, and why is said", async () => {
  const auto = await estimateTraining({ ...tiny, corpus, batchSize: "auto" }, { home });
  const searched = "the batch size is looked for when the run begins";
  expect(auto).toMatchObject({ steps: null, memoryBytes: null, seconds: null });
  expect(auto.reasons).toEqual({ steps: searched, memoryBytes: searched, seconds: searched });
  expect(auto.parameters).toBeGreaterThan(0);

  const id = "a".repeat(64);
  const fetched = "the text is in the file service, and is fetched when the run begins";
  const away = await estimateTraining({ ...tiny, corpusFileId: id }, { home });
  expect(away.reasons).toEqual({
    parameters: fetched,
    trainableParameters: fetched,
    tokens: fetched,
    steps: fetched,
    memoryBytes: fetched,
    seconds: fetched,
  });
  const tokenizer = readdirSync(join(home, "tokenizers"))[0] ?? "";
  const named = await estimateTraining({ ...tiny, corpusFileId: id, tokenizer }, { home });
  expect(named.reasons).toEqual({ tokens: fetched, steps: fetched, seconds: fetched });
  expect(named.memoryBytes).toBeGreaterThan(0);
  const tuned = await estimateTraining({ ...tiny, corpusFileId: id, pretrainedRunId: "base" }, { home });
  expect(tuned.parameters).toBeGreaterThan(0);
  mkdirSync(join(home, "corpus_cache"));
  writeFileSync(join(home, "corpus_cache", `${id}.txt`), "to be or not to be\n".repeat(50));
  expect((await estimateTraining({ ...tiny, corpusFileId: id }, { home })).reasons).toEqual({});
  expect((await estimateTraining({ ...tiny, corpusFileId: "none" }, { home })).reasons).toMatchObject({
    tokens: fetched,
  });
});

test("a run that ends by time takes as long at most, whatever is known of it", async () => {
  const told = (more: object) => estimateTraining({ ...tiny, corpus, ...more }, { home });
  const timed = "it takes as many as its time allows";
  const forAnHour = await told({ maxSeconds: "1h" });
  expect(forAnHour).toMatchObject({ steps: null, seconds: 3600, reasons: { steps: timed } });
  const few = await told({ maxSeconds: "1h", maxSteps: 3 });
  expect(few.seconds).toBeGreaterThan(0);
  expect(few.seconds).toBeLessThan(3600);
  const unknown = await told({ maxSeconds: 90, maxSteps: 3, batchSize: "auto" });
  expect(unknown).toMatchObject({ seconds: 90, reasons: { steps: timed } });
});

test("what does not fit into memory, or takes too long to try, is not tried further", async () => {
  const large = await estimateTraining({ ...tiny, corpus }, { home, memoryBytes: 1 });
  expect(large.reasons).toEqual({ seconds: "the model does not fit into the memory that is free now" });
  expect(large.memoryBytes).toBe(16 * Number(large.parameters));
  const late = await estimateTraining({ ...tiny, corpus }, { home, measureMs: 1 });
  const reason = "a few steps of it take more than 0.001 seconds";
  expect(late.reasons).toEqual({ memoryBytes: reason, seconds: reason });
});

test("what the run would refuse is refused, and who leaves ends it", async () => {
  const told = (input: TrainInput, signal?: AbortSignal) => estimateTraining(input, { home, signal });
  await expect(told({ ...tiny, corpus: [join(home, "none.txt")] })).rejects.toMatchObject({ code: "CORPUS_NOT_FOUND" });
  await expect(told({ ...tiny, corpus, tokenizer: "none" })).rejects.toMatchObject({ code: "TOKENIZER_NOT_FOUND" });
  await expect(told({ ...tiny, corpus, modelSize: "vast" })).rejects.toMatchObject({ code: "INVALID_MODEL_SIZE" });
  const short = join(home, "short.txt");
  writeFileSync(short, "to be\nor not\nto be\n");
  await expect(told({ ...tiny, corpus: [short], tokenizerMethod: "char" })).rejects.toMatchObject({
    code: "INVALID_INPUT",
  });
  const stop = new AbortController();
  const stopped = told({ ...tiny, corpus }, stop.signal);
  setTimeout(() => stop.abort(new Error("gone")), 300);
  await expect(stopped).rejects.toThrow("gone");
});
