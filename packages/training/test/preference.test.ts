import { appendFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { aNumber, aString, matching, scratchPath, tiny, writeCorpus } from "@trainer/testing";
import {
  estimateTraining,
  evaluate,
  openHome,
  openModel,
  readManifest,
  resume,
  train,
  type RunEvent,
  type TrainInput,
} from "@trainer/training";
import { modelCard } from "../src/artifact/model-card.js";
import { familyInfo } from "@trainer/models/capabilities";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";

let home = "";
let corpus = "";
const record = (i: number) => ({ prompt: `Say ${i}.`, chosen: `It is ${i}.`, rejected: `No ${i}!` });
beforeAll(async () => {
  home = scratchPath("preference");
  corpus = join(home, "pairs.jsonl");
  await train(
    { ...tiny, corpus: writeCorpus(join(home, "text.txt")), runId: "base", maxSeqLen: 64, maxSteps: 1 },
    { home },
  );
  const pairs = [
    ...Array.from({ length: 24 }, (_, i) => record(i)),
    { ...record(24), rejected: "It is 24." },
    { ...record(25), chosen: "" },
    { ...record(26), rejected: "far too long ".repeat(40) },
  ];
  writeFileSync(corpus, pairs.map((pair) => JSON.stringify(pair)).join("\n"));
});
afterAll(() => rmSync(home, { recursive: true }));

const pairsOf = (options: Partial<TrainInput>): TrainInput => ({
  ...tiny,
  corpus,
  format: "preference",
  preference: "dpo",
  pretrainedRunId: "base",
  maxSeqLen: null,
  batchSize: 2,
  gradAccumSteps: 2,
  holdoutFraction: 0.2,
  testSplitRatio: 0.2,
  evalTokens: 20,
  maxSteps: 4,
  evaluate: false,
  ...options,
});
const Line = z.object({
  split: z.string().optional(),
  step: z.int(),
  loss: z.number().optional(),
  train_loss: z.number().optional(),
  figures: z.record(z.string(), z.number()).optional(),
});
const linesOf = (run: string) =>
  readFileSync(join(home, "models", run, "metrics.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => Line.parse(JSON.parse(line)));
const lossesOf = (run: string) => linesOf(run).map(({ train_loss: loss, figures }) => [loss, figures]);

const bestOf = (run: string) =>
  z
    .object({ best_step: z.int(), best_val_figures: z.record(z.string(), z.number()) })
    .parse(JSON.parse(readFileSync(join(home, "models", run, "manifest.json"), "utf8")));

/** Trains, interrupted after two steps, then does `between` and resumes. */
async function interrupted(options: TrainInput, between: (folder: string) => void): Promise<void> {
  const stop = new AbortController();
  const onStep = ({ step }: { step: number }) => (step === 2 ? stop.abort() : undefined);
  await train(options, { home, signal: stop.signal, onStep });
  between(join(home, "models", String(options.runId)));
  await resume(String(options.runId), { home });
}

test("DPO begins at ln 2, tells rewards of steps and splits, leaves out pairs that teach nothing, and resumes to the bit", async () => {
  const warnings: string[] = [];
  const onEvent = (event: RunEvent) => (event.type === "warning" ? void warnings.push(event.message) : undefined);
  await train(pairsOf({ runId: "whole", logEvery: 1, evaluate: true }), { home, onEvent });
  const [first, ...rest] = linesOf("whole");
  expect(first?.train_loss).toBe(Math.fround(Math.LN2));
  expect(first?.figures).toMatchObject({ "rewards/margins": 0, "rewards/accuracies": 0 });
  expect(
    rest.filter(({ split }) => split !== undefined).map(({ figures }) => Object.keys(figures ?? {}).length),
  ).toEqual(rest.filter(({ split }) => split !== undefined).map(() => 6));
  expect(warnings).toContainEqual(matching(/2 pair\(s\) are left out/));
  expect(warnings).toContainEqual(matching(/1 are left out whole/));
  const told = await estimateTraining(pairsOf({ runId: "told" }), { home, memoryBytes: 1 }); // takes no steps
  const manifest = await readManifest(join(home, "models", "whole", "manifest.json"));
  expect(told.tokens).toBe(manifest?.splits?.train.tokens);
  await interrupted(pairsOf({ runId: "kept", logEvery: 1 }), () => {});
  await interrupted(pairsOf({ runId: "damaged", logEvery: 1 }), (dir) =>
    appendFileSync(join(dir, "reference.json"), "x"),
  );
  expect(lossesOf("kept")).toEqual(lossesOf("whole"));
  expect(bestOf("kept")).toEqual(bestOf("whole"));
  expect(lossesOf("damaged")).toEqual(lossesOf("whole"));
});

test("its evaluation at the end and later ones are by pairs, as validation in training, also without what is kept of the reference", async () => {
  const where = { home: openHome(home) };
  using opened = await openModel("whole", { ...where, weightType: "int8" });
  expect(opened.quantizationLoss).toBeNull();
  using found = await openModel("whole", where);
  const { id, dir, manifest } = found;
  const validations = linesOf("whole").filter(({ split }) => split === "validation");
  const best = validations.find(({ step }) => step === manifest?.best_step);
  expect(manifest?.evaluation).toMatchObject({ loss: best?.loss, perplexity: null, figures: best?.figures });
  const tested = linesOf("whole").find(({ split }) => split === "test");
  expect(manifest).toMatchObject({ best_val_figures: best?.figures, test_figures: tested?.figures });
  expect(manifest).toMatchObject({
    test_perplexity: null,
    verdict: { words: [matching(/^Of \d held-out pairs/), aString] },
  });
  const outline = familyInfo("gpt2")?.outline({ size: "tiny", dimensions: {} });
  const facts = outline && { id, model: { family: "gpt2", outline }, tokenizer: { kind: "bpe" }, manifest };
  expect(facts && modelCard(facts, "whole")).toMatch(
    /\| best validation loss \(of pairs of answers\) \| .*\n\| its accuracy \| [\d.]+ \|/,
  );
  const asked = { prompts: [], out: join(home, "evaluations") };
  const again = await evaluate({ ...found, dir: join(dir, "..") }, asked, where);
  expect(again).toMatchObject({ loss: best?.loss, perplexity: null, figures: best?.figures, tokens: aNumber });
  await expect(evaluate(found, { ...asked, stride: 8 }, where)).rejects.toThrow(
    /stride: pairs of answers are read whole/,
  );
  const external = await evaluate(found, { ...asked, path: corpus }, where);
  expect(external.documents).toBe(24);
  expect(external.figures["rewards/margins"]).toBeGreaterThan(0);
  const chosen = await evaluate(found, { ...asked, path: join(home, "text.txt"), format: "text" }, where);
  expect(chosen).toMatchObject({ perplexity: aNumber, figures: {} });
  const config = { ...manifest?.config, pretrained_run_id: "gone" };
  const orphan = { ...found, dir: join(dir, ".."), manifest: manifest && { ...manifest, config } };
  await expect(evaluate(orphan, asked, where)).rejects.toThrow(/answers are compared with what gone makes of them/);
  const text = { corpus: join(home, "text.txt"), format: "text", preference: "none", pretrainedRunId: id } as const;
  await expect(train(pairsOf({ ...text, drift: true, evaluate: true }), { home })).rejects.toThrow(
    /has held out pairs of answers/,
  );
});

test("with an adapter the reference is its base, also where it was of other bins; ORPO needs none", async () => {
  const lora = { holdoutFraction: 0, logEvery: 1, loraRank: 2, finetuneLrCap: 0.01, learningRate: 0.01 };
  await train(pairsOf({ runId: "lora", ...lora }), { home });
  await interrupted(pairsOf({ runId: "again", ...lora }), (folder) => {
    const file = join(folder, "reference.json");
    writeFileSync(file, readFileSync(file, "utf8").replace(/"bins": *"/u, "$&other"));
  });
  expect(lossesOf("again")).toEqual(lossesOf("lora"));
  expect(linesOf("lora")[0]?.train_loss).toBe(Math.fround(Math.LN2));
  const orpo = { preference: "orpo", holdoutFraction: 0, evalTokens: 0, maxSteps: 1, evaluate: true } as const;
  await train(pairsOf({ runId: "orpo", ...orpo }), { home });
  using opened = await openModel("orpo", { home: openHome(home) });
  expect(opened.manifest?.evaluation?.figures).toEqual(linesOf("orpo").at(-1)?.figures);
  expect(linesOf("orpo")[0]?.figures).toHaveProperty("nll_loss");
});

test("without a preference the chosen answers are learnt; one answer is no pair, and what does not go together is said", async () => {
  await train(pairsOf({ runId: "chosen", preference: "none", maxSteps: 1 }), { home });
  expect(linesOf("chosen")[0]?.figures).toBeUndefined();
  const single = join(home, "single.jsonl");
  writeFileSync(
    single,
    Array.from({ length: 9 }, (_, i) => JSON.stringify({ prompt: `${i}?`, completion: "b" })).join("\n"),
  );
  const asked = (options: Partial<TrainInput>) => train(pairsOf({ runId: "refused", ...options }), { home });
  await expect(asked({ corpus: single, format: "auto" })).rejects.toThrow(/record \d+ of .*single\.jsonl: one answer/);
  writeFileSync(single, Array.from({ length: 9 }, (_, i) => JSON.stringify({ ...record(i), rejected: "" })).join("\n"));
  await expect(asked({ corpus: single })).rejects.toThrow(
    /of the \d pairs of the train split \d have equal answers or an empty one/,
  );
  await expect(asked({ format: "text" })).rejects.toThrow(/preference: it is of pairs/);
  await expect(asked({ preference: "orpo", labelSmoothing: 0.1 })).rejects.toThrow(
    /labelSmoothing: it is of `preference` dpo/,
  );
  await expect(asked({ pretrainedRunId: null })).rejects.toThrow(/dpo moves a model/);
  await expect(asked({ batchSize: "auto" })).rejects.toThrow(/number of pairs/);
  await expect(asked({ curriculum: "length" })).rejects.toThrow(/curriculum: it does not go with `preference`/);
  await expect(asked({ corpus: [corpus, single], corpusWeights: ["1", "1"] })).rejects.toThrow(
    /corpusWeights: it does not go with `preference`/,
  );
  await expect(asked({ zLoss: 1 })).rejects.toThrow(/zLoss: it does not go with `preference`/);
});
