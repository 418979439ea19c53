import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { aNumber, scratchPath, tiny, writeCorpus } from "@trainer/testing";
import { planFields, planTraining, train } from "@trainer/training";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import type { measureInProcess } from "../src/estimate/measure-in-process.js";

let home = "";
let corpus = "";
beforeAll(() => {
  home = scratchPath("plan");
  corpus = writeCorpus(join(home, "corpus.txt"), 800);
});
afterAll(() => rmSync(home, { recursive: true }));

const input = () => ({ corpus, document: "file", threads: 1, holdoutFraction: 0.1 }) as const;

const Dimensions = z.object({ hidden_size: z.number().default(64) });

/** A machine on which a step takes a time that is proportional to the width of the model. */
const measure: typeof measureInProcess = ({ config }) => {
  const { hidden_size: width } = Dimensions.parse(config["model_config"]);
  return Promise.resolve({ memoryBytes: 1e6 * width, pace: { step: width / 4, evaluation: width / 16, token: 1 } });
};

test("a plan is a training that can be run, and is as long as was said", async () => {
  const plan = await planTraining(input(), { home, seconds: 120 });
  expect(readdirSync(home)).toEqual(["corpus.txt"]); // nothing of it is kept
  expect(plan).toMatchObject({ device: "cpu", precision: "fp32", threads: 1 });
  expect(plan.options).toMatchObject({ modelFamily: "llama", lrSchedule: "linear", vocabSize: 1024, corpus: [corpus] });
  expect(plan).toMatchObject({ isTextSpent: true, passes: aNumber });
  expect(plan.seconds).toBeLessThanOrEqual(120);
  expect(plan.bitsPerByte).toBeLessThan(plan.gzipBitsPerByte * 2);
  expect(plan.tried.length).toBeGreaterThanOrEqual(1);
  expect(plan.tried[0]?.tokensPerSec).toBeGreaterThan(0);
  const run = await train({ ...plan.options, evaluate: false, earlyStoppingPatience: 1000 }, { home });
  expect(run.steps).toBe(plan.steps);
  expect(run.splits?.train.tokens).toBe(plan.tokens);
  const [tokenizer = ""] = readdirSync(join(home, "tokenizers"));
  const named = await planTraining({ ...input(), tokenizer }, { home, seconds: 120, measure });
  expect(named).toMatchObject({ vocabSize: plan.vocabSize, tokens: plan.tokens });
  expect(named.decided).not.toHaveProperty("vocabSize");
});

test("more time makes a larger model, less memory a smaller one", async () => {
  const text = join(home, "long.txt");
  writeCorpus(text, 60_000);
  const planned = (seconds: number, memoryBytes = 1e12) =>
    planTraining({ ...input(), corpus: text }, { home, seconds, memoryBytes, measure });
  const [short, long, tight] = [await planned(20), await planned(2000), await planned(2000, 100e6)];
  expect(long.parameters).toBeGreaterThan(short.parameters);
  expect(long.bitsPerByte).toBeLessThan(short.bitsPerByte);
  expect(tight.memoryBytes).toBeLessThanOrEqual(100e6);
  expect(tight.parameters).toBeLessThan(long.parameters);
  expect(planFields(short)).toMatchObject({
    options: { model_family: "llama", max_seconds: 20 },
    bits_per_byte: short.bitsPerByte,
    tried: short.tried.map(({ parameters }) => ({ parameters })),
  });
});

test("what was given stays, and is in the plan's options", async () => {
  const given = new Set(["modelFamily", "vocabSize", "batchSize", "modelConfig", "learningRate"]);
  const { nEmbd, nLayer, nHead } = tiny.modelConfig;
  const fixed = { modelConfig: { nEmbd, nLayer, nHead }, vocabSize: 300, batchSize: 3, learningRate: 1e-5 };
  const plan = await planTraining({ ...input(), ...fixed }, { home, seconds: 30, given, measure });
  expect(plan.options).toMatchObject({ modelFamily: "gpt2", ...fixed });
  for (const name of given) expect(plan.decided).not.toHaveProperty(name);
  expect(plan.decided["optimizer"]).toBe("muon");
  expect(plan.decided).not.toHaveProperty("matrixLr"); // one rate was given, for all weights
  const sgd = await planTraining(
    { ...input(), ...fixed, optimizer: "sgd" },
    { home, seconds: 30, given: new Set([...given, "optimizer"]), measure },
  );
  expect(sgd.options).toMatchObject({ optimizer: "sgd", weightDecay: null });
  const auto = await planTraining(
    { ...input(), ...fixed, batchSize: "auto", modelFamily: "char_lstm", modelConfig: {} },
    { home, seconds: 30, given: new Set(["modelFamily", "batchSize"]), measure },
  );
  expect(auto.options.batchSize).toBeGreaterThan(1);
  expect(auto.decided).not.toHaveProperty("vocabSize");
});

test("it stops when it is told to, and refuses what a run would, or what has its size already", async () => {
  const stop = new AbortController();
  const reason = new Error("enough");
  stop.abort(reason);
  await expect(planTraining(input(), { home, seconds: 9, signal: stop.signal, measure })).rejects.toBe(reason);
  const nowhere = planTraining({ ...input(), corpus: join(home, "none.txt") }, { home, seconds: 9, measure });
  await expect(nowhere).rejects.toMatchObject({ code: "CORPUS_NOT_FOUND" });
  const tuned = planTraining({ ...input(), pretrainedRunId: "any" }, { home, seconds: 9, measure });
  await expect(tuned).rejects.toMatchObject({ code: "INVALID_INPUT", message: /has its size already/u });
  const short = planTraining(input(), { home, seconds: 0.001, measure });
  await expect(short).rejects.toMatchObject({ code: "INVALID_INPUT", message: /there is not the time/u });
});
