import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadModel } from "@trainer/models";
import { aNumber, containing, matching, near, scratchPath, tiny, withFields, writeCorpus } from "@trainer/testing";
import { loadTokenizer } from "@trainer/tokenizers";
import {
  evaluate,
  openHome,
  openModel,
  readManifest,
  resume,
  train,
  type RunEvent,
  type RunResult,
  type TrainInput,
} from "@trainer/training";
import { afterAll, beforeAll, expect, test } from "vitest";
import { outcome, sha256 } from "./run-files.js";

let home = "";
let corpus = "";
beforeAll(() => {
  home = scratchPath("train");
  corpus = writeCorpus(join(home, "corpus.txt"));
});
afterAll(() => rmSync(home, { recursive: true }));

const dir = (id: string) => join(home, "models", id);
const manifestOf = (id: string) => readManifest(join(dir(id), "manifest.json"));
const weights = async (id: string) => (await loadModel(dir(id))).model.params;

async function run(options: Partial<TrainInput>): Promise<{ result: RunResult; events: RunEvent[] }> {
  const events: RunEvent[] = [];
  const result = await train({ ...tiny, corpus, ...options }, { home, onEvent: (e) => events.push(e) });
  return { result, events };
}
const steps = (events: readonly RunEvent[]) => events.filter((e) => e.type === "step");
const evals = (events: readonly RunEvent[]) => events.filter((e) => e.type === "eval");

test("a run learns, and leaves a folder that says all about it", async () => {
  const { result, events } = await run({ runId: "first", numEpochs: 3, userId: 77n });
  const types = events.map((e) => e.type);
  expect([...new Set(types)]).toEqual([
    "config",
    "data",
    "tokenizer",
    "start",
    "step",
    "evaluating",
    "eval",
    "checkpoint",
    "completed",
  ]);
  const all = steps(events);
  expect(all).toHaveLength(result.steps);
  expect(all.at(-1)?.loss).toBeLessThan((all[0]?.loss ?? 0) * 0.8);
  expect(all.at(-1)).toMatchObject({
    step: result.steps,
    totalSteps: result.steps,
    epoch: 2,
    epochs: 3,
    etaSeconds: aNumber,
  });
  expect(all.at(-1)?.etaSeconds).toBeGreaterThan(0); // validation, test and evaluation are still to come
  expect(all.at(-1)?.tokensSeen).toBe(result.tokensSeen);
  expect(evals(events).map((e) => `${e.split} ${e.epoch}`)).toEqual([
    "validation 0",
    "validation 1",
    "validation 2",
    "test 2",
  ]);

  expect(result).toMatchObject({ status: "completed", earlyStopped: false, epochs: 3, bestStep: result.steps });
  expect(result.testPerplexity).toBeCloseTo(Math.exp(result.testLoss ?? 0), 9);
  expect(readdirSync(dir("first")).toSorted()).toEqual([
    "checkpoints",
    "config.json",
    "eval",
    "generation_config.json",
    "logs.jsonl",
    "manifest.json",
    "metrics.jsonl",
    "model.safetensors",
    "special_tokens_map.json",
    "tokenizer.json",
    "tokenizer_config.json",
  ]);
  const manifest = await manifestOf("first");
  expect(manifest).toMatchObject({
    run_id: "first",
    status: "completed",
    model_family: "gpt2",
    epochs: 3,
    batch_size: 8,
    steps: result.steps,
    device: "cpu",
    precision: "fp32",
    test_loss: result.testLoss,
    best_val_loss: result.bestValLoss,
    failure_class: null,
    early_stopped: false,
    git_commit: matching(/^[0-9a-f]{40}$/),
    versions: { torch: matching(/^2\./), transformers: "unknown" },
    config: { num_epochs: 3, learning_rate: 3e-3, corpus_path: corpus, user_id: "77" },
    tokenizer_id: matching(/^bpe-300-[0-9a-f]{12}$/),
    tokenizer_sha256: sha256(join(dir("first"), "tokenizer.json")),
  });
  const { train: training, validation, test } = manifest?.splits ?? {};
  expect([validation?.asked, test?.asked]).toEqual([0.1, 0.1]);
  expect([validation?.share, test?.share]).toEqual([near(0.1, 2), near(0.1, 2)]);
  expect(result.splits).toEqual(manifest?.splits);
  expect((training?.documents ?? 0) + (validation?.documents ?? 0) + (test?.documents ?? 0)).toBe(150);
  expect(result.tokensSeen).toBe(3 * ((training?.tokens ?? 0) - 1));
  const tokenizer = await loadTokenizer(dir("first"));
  expect(tokenizer.vocabSize).toBe(manifest?.vocab_size);
  expect(readFileSync(join(dir("first"), "logs.jsonl"), "utf8")).toContain('"event":"run_completed"');
});

test("the best weights are tested and kept, not the last, and no improvement for long ends the run", async () => {
  const { result, events } = await run({
    runId: "early",
    numEpochs: 50,
    learningRate: 0.05,
    evalEvery: 5,
    earlyStoppingPatience: 3,
    keepCheckpoints: 1,
  });
  const validations = evals(events).filter((e) => e.split === "validation");
  const best = validations.reduce((a, b) => (b.loss < a.loss ? b : a));
  expect(result).toMatchObject({ earlyStopped: true, bestStep: best.step, bestValLoss: best.loss });
  expect(result.steps).toBe(best.step + 3 * 5);
  // The test is reported at the last step, and is of the best one's weights.
  const { stepsPerEpoch } = events.find((e) => e.type === "start") ?? { stepsPerEpoch: NaN };
  expect(evals(events).at(-1)).toMatchObject({ split: "test", step: result.steps, weightsStep: best.step });
  expect(result).toMatchObject({ testStep: best.step, epochs: Math.ceil(result.steps / stepsPerEpoch) });
  expect(await manifestOf("early")).toMatchObject({ test_step: best.step, best_step: best.step });
  const lines = readFileSync(join(dir("early"), "metrics.jsonl"), "utf8")
    .trimEnd()
    .split("\n");
  expect(JSON.parse(lines.at(-1) ?? "")).toMatchObject({ step: result.steps, weights_step: best.step });
  expect(validations.every(({ weightsStep }) => weightsStep === undefined)).toBe(true);
  expect(validations.findLast((e) => e.best)).toBe(best);
  const kept = readdirSync(join(dir("early"), "checkpoints")).toSorted();
  expect(kept).toEqual([best.step, result.steps].map((step) => `step-${String(step).padStart(8, "0")}`));
  const file = join("checkpoints", kept[0] ?? "", "model.safetensors");
  expect(sha256(join(dir("early"), "model.safetensors"))).toBe(sha256(join(dir("early"), file)));
});

test.each([
  [
    "damaged",
    (path: string) => writeFileSync(join(path, "model.safetensors"), "gone"),
    "model.safetensors has 4 bytes",
  ],
  ["missing", (path: string) => rmSync(path, { recursive: true }), "COMMIT is missing"],
])(
  "where the best checkpoint is %s, the last weights are tested and kept, with a warning",
  async (how, damage, problem) => {
    const events: RunEvent[] = [];
    const id = `best-${how}`;
    const options = {
      ...tiny,
      corpus,
      runId: id,
      numEpochs: 50,
      learningRate: 0.05,
      evalEvery: 5,
      earlyStoppingPatience: 2,
    };
    let best = "";
    const onEvent = (e: RunEvent) => {
      events.push(e);
      if (e.type === "checkpoint" && e.best) best = e.path;
      else if (e.type === "checkpoint") damage(best);
    };
    const { steps } = await train(options, { home, onEvent });
    const message = matching(new RegExp(`the best checkpoint, of step \\d+, cannot be used: ${problem}`));
    expect(events.filter((e) => e.type === "warning")).toEqual([{ type: "warning", message }]);
    const last = join(dir(id), "checkpoints", `step-${String(steps).padStart(8, "0")}`, "model.safetensors");
    expect(sha256(join(dir(id), "model.safetensors"))).toBe(sha256(last));
  },
);

test("without a validation split the last weights are kept; without any split nothing is tested", async () => {
  const { result, events } = await run({ runId: "bare", holdoutFraction: 0, testSplitRatio: 0, checkpointEvery: 10 });
  expect(evals(events)).toEqual([]);
  expect(result).toMatchObject({
    status: "completed",
    bestValLoss: null,
    bestStep: null,
    testLoss: null,
    testPerplexity: null,
  });
  const last =
    readdirSync(join(dir("bare"), "checkpoints"))
      .toSorted()
      .at(-1) ?? "";
  expect(last).toBe(`step-${String(result.steps).padStart(8, "0")}`);
  expect(sha256(join(dir("bare"), "model.safetensors"))).toBe(
    sha256(join(dir("bare"), "checkpoints", last, "model.safetensors")),
  );
});

test("while the files of a corpus of many are looked at, a run tells how far it is, from the first one on", async () => {
  const folder = join(home, "many");
  mkdirSync(folder);
  for (let i = 0; i < 1000; i++) writeFileSync(join(folder, `${i}.txt`), `the king hath seen ${i}\n`);
  const { events } = await run({ corpus: folder, runId: "many", maxSteps: 1 });
  const looked = (i: number) => ({ type: "data", phase: "open", looked: i, files: 1000 });
  expect(events.slice(0, 1000)).toEqual(Array.from({ length: 1000 }, (_, i) => looked(i)));
  expect(events[1000]).toMatchObject({ type: "config" });
  const stop = new AbortController();
  const again = { ...tiny, corpus: folder, runId: "unheard", maxSteps: 2 };
  const stopped = await train(again, { home, signal: stop.signal, onStep: () => stop.abort() });
  expect(stopped.status).toBe("interrupted");
  const resumed: RunEvent[] = [];
  await resume("unheard", { home, onEvent: (e) => resumed.push(e) });
  expect(resumed[0]).toMatchObject({ type: "config", fromStep: 1 });
  expect(resumed.slice(1, 1001)).toEqual(Array.from({ length: 1000 }, (_, i) => looked(i)));
});

test("gradients accumulated over four batches are those of one four times as large", async () => {
  const options = {
    maxSteps: 6,
    modelConfig: { ...tiny.modelConfig, embdPdrop: 0, attnPdrop: 0, residPdrop: 0 },
    holdoutFraction: 0,
  };
  const large = await run({ ...options, runId: "large", batchSize: 16 });
  const small = await run({ ...options, runId: "small", batchSize: 4, gradAccumSteps: 4 });
  expect(small.result.tokensSeen).toBe(large.result.tokensSeen);
  const losses = (events: RunEvent[]) => steps(events).map((e) => e.loss);
  expect(losses(small.events)).toEqual(losses(large.events).map((loss) => near(loss, 5)));
});

test("max steps go on over epochs, and the last step is validated", async () => {
  const { result, events } = await run({ runId: "steps", maxSteps: 70, logEvery: 32 });
  expect(steps(events).map((e) => e.step)).toEqual([1, 32, 64, 70]);
  expect(steps(events).at(-1)?.epoch).toBeGreaterThan(0);
  expect(evals(events).at(-1)).toMatchObject({ split: "test", step: 70 });
  expect(result.bestStep).toBe(70);
  expect(result.epochs).toBeGreaterThan(1); // as many as it went through, though one was requested
});

test("the learning rate follows its schedule", async () => {
  const { events } = await run({
    runId: "lr",
    maxSteps: 10,
    warmupSteps: 2,
    lrSchedule: "linear",
    learningRate: 1e-3,
    minLr: 2e-4,
  });
  expect(steps(events).map((e) => e.lr)).toEqual(
    [5e-4, 1e-3, 9e-4, 8e-4, 7e-4, 6e-4, 5e-4, 4e-4, 3e-4, 2e-4].map((lr) => near(lr, 10)),
  );
});

test("every optimizer trains, and its state goes on over an interruption", async () => {
  for (const optimizer of ["adam", "sgd", "adamw", "muon", "schedule_free"] as const) {
    const options = { ...tiny, corpus, optimizer, maxSteps: 12, learningRate: 1e-2, weightDecay: 0.1 };
    await train({ ...options, runId: `whole-${optimizer}` }, { home });
    const stop = new AbortController();
    const onEvent = (e: RunEvent) => e.type === "step" && e.step === 6 && stop.abort();
    await train({ ...options, runId: `cut-${optimizer}` }, { home, onEvent, signal: stop.signal });
    await resume(`cut-${optimizer}`, { home });
    expect(outcome(dir(`cut-${optimizer}`))).toEqual(outcome(dir(`whole-${optimizer}`)));
  }
});

test("a run can start from another's weights, with a lower learning rate, its tokenizer and its context", async () => {
  await run({ runId: "base", maxSteps: 20 });
  const { events } = await run({
    runId: "tuned",
    maxSteps: 1,
    pretrainedRunId: "base",
    maxSeqLen: null,
    freezeEmbed: true,
  });
  expect(steps(events).at(0)?.lr).toBe(5e-5);
  expect(await manifestOf("tuned")).toMatchObject({ max_seq_len: 16, pretrained_run_id: "base", learning_rate: 3e-3 });
  const [base, tuned] = [await weights("base"), await weights("tuned")];
  const changed = [...base.named()]
    .filter(([name, t]) => tuned.named().get(name)?.ne(t).any().item() !== 0)
    .map(([name]) => name);
  expect(changed).toContain("transformer.wpe.weight");
  expect(changed).not.toContain("transformer.wte.weight");
  expect(changed).toHaveLength(base.list().length - 1);
});

test("a run from another's weights goes on from its own checkpoints", async () => {
  await run({ runId: "base2", maxSteps: 5 });
  const elsewhere = join(home, "elsewhere"); // a folder of Hugging Face's layout, not a run of the home
  cpSync(dir("base2"), elsewhere, { recursive: true });
  const options = { ...tiny, corpus, pretrainedRunId: elsewhere, maxSteps: 10, tokenizer: elsewhere };
  await train({ ...options, runId: "t-whole" }, { home });
  const stop = new AbortController();
  const onEvent = (e: RunEvent) => e.type === "step" && e.step === 5 && stop.abort();
  await train({ ...options, runId: "t-cut" }, { home, onEvent, signal: stop.signal });
  await resume("t-cut", { home });
  expect(outcome(dir("t-cut"))).toEqual(outcome(dir("t-whole")));
});

test("a tokenizer that the pretrained model does not know is refused with both sizes", async () => {
  await run({ runId: "v300", maxSteps: 1 });
  await run({ runId: "v290", maxSteps: 1, vocabSize: 290 }); // a larger one of the same text would extend it
  const other = (await manifestOf("v290"))?.tokenizer_id ?? "";
  await expect(run({ runId: "mixed", pretrainedRunId: "v300", tokenizer: other })).rejects.toMatchObject({
    code: "MODEL_INCOMPATIBLE",
    failureClass: "USER_INPUT",
    message: matching(/290 tokens.* 300/),
  });
  expect(await manifestOf("mixed")).toMatchObject({
    status: "failed",
    failure_class: "USER_INPUT",
    error_code: "MODEL_INCOMPATIBLE",
  });
});

test("a run of a model that the machine cannot hold fails before a token is written, and says what it would take", async () => {
  const vast = run({ runId: "vast", modelFamily: "gpt2", modelConfig: { nLayer: 1024, nEmbd: 1 << 20, nHead: 2 } });
  await expect(vast).rejects.toMatchObject({
    code: "TRAINING_OOM",
    message: matching(/^a model of \d+ parameters takes [\d.]+ GB .* and there are [\d.]+ GB in all/),
  });
  expect(await manifestOf("vast")).toMatchObject({ status: "failed", failure_class: "USER_INPUT", splits: null });
});

test("a trained tokenizer is used again for the same corpus and settings", async () => {
  await run({ runId: "tok1", maxSteps: 1, minFrequency: 3 });
  const { events } = await run({ runId: "tok2", maxSteps: 1, minFrequency: 3 });
  expect(events.filter((e) => e.type === "tokenizer")).toEqual([withFields({ phase: "ready", vocabSize: aNumber })]);
  expect((await manifestOf("tok1"))?.tokenizer_id).toBe((await manifestOf("tok2"))?.tokenizer_id);
});

test("characters that are not UTF-8 are told", async () => {
  const file = join(home, "latin.txt");
  writeFileSync(file, Buffer.concat([readFileSync(corpus), Buffer.from([0x63, 0x61, 0x66, 0xe9, 0x0a])]));
  const { events } = await run({ corpus: file, runId: "latin", maxSteps: 1 });
  expect(events).toContainEqual({
    type: "warning",
    message: containing("1 character is not UTF-8 and became U+FFFD: 1 in "),
  });
});

test("checkpoints by time are saved too", async () => {
  const { events } = await run({ runId: "timed", maxSteps: 5, checkpointMinutes: 1e-9, holdoutFraction: 0 });
  expect(events.filter((e) => e.type === "checkpoint").map((e) => e.step)).toEqual([1, 2, 3, 4, 5]);
});

test("before it has begun to train, a run can be stopped as well, and resumed", async () => {
  for (const phase of ["tokenizer", "data"]) {
    const id = `early-stop-${phase}`;
    const stop = new AbortController();
    const onEvent = (e: RunEvent) => e.type === phase && stop.abort();
    const options = { ...tiny, corpus, maxSteps: 3, runId: id, vocabSize: phase === "data" ? 320 : 321 };
    const result = await train(options, { home, onEvent, signal: stop.signal });
    expect(result).toMatchObject({ status: "interrupted", steps: 0 });
    expect(await resume(id, { home })).toMatchObject({ status: "completed", steps: 3 });
  }
});

test("a run whose corpus was split by a rule that is no more is neither resumed nor evaluated on what it held out", async () => {
  await run({ runId: "ruled", maxSteps: 4, evaluate: false });
  const path = join(dir("ruled"), "manifest.json");
  const manifest = await manifestOf("ruled");
  writeFileSync(path, JSON.stringify({ ...manifest, split_version: undefined, status: "interrupted" }));
  await expect(resume("ruled", { home })).rejects.toMatchObject({
    code: "CONFLICT",
    message: matching(/another rule/),
  });
  using opened = await openModel("ruled", { home: openHome(home) });
  const asked = evaluate(opened, { split: "test", prompts: [] }, { home: openHome(home) });
  await expect(asked).rejects.toMatchObject({ code: "CONFLICT", failureClass: "USER_INPUT" });
  const elsewhere = await evaluate(opened, { path: corpus, prompts: [] }, { home: openHome(home) });
  expect(elsewhere.loss).toBeGreaterThan(0);
});

test("splits that are far from what was asked for are a warning, and the run goes on", async () => {
  const few = join(home, "few.txt");
  writeFileSync(few, Array.from({ length: 12 }, (_, i) => `the line of number ${i} is as long as others`).join("\n"));
  const { events } = await run({ runId: "few", corpus: few, maxSteps: 1, holdoutFraction: 0.01, evaluate: false });
  const warnings = events.flatMap((e) => (e.type === "warning" ? [e.message] : []));
  expect(warnings).toEqual([
    matching(/^the validation split has 8\.\d % of the text where 1 % was asked for: 1 document/),
  ]);
});
