import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build, gpt2, gpt2Config, loadAdapter, loadModel, saveModel } from "@trainer/models";
import { matching, scratchPath, tiny, writeCorpus } from "@trainer/testing";
import { noGrad } from "@trainer/torch";
import {
  exportRun,
  generate,
  openHome,
  openModel,
  parseTrainOptions,
  readManifest,
  resume,
  train,
  type RunEvent,
  type TrainInput,
} from "@trainer/training";
import { afterAll, beforeAll, expect, test } from "vitest";
import { outcome, sha256 } from "./run-files.js";

let home = "";
let corpus = "";
beforeAll(async () => {
  home = scratchPath("fine-tune");
  corpus = writeCorpus(join(home, "corpus.txt"));
  await run({ runId: "base", maxSeqLen: 16, maxSteps: 1 });
});
afterAll(() => rmSync(home, { recursive: true }));

const dir = (id: string) => join(home, "models", id);
const manifestOf = (id: string) => readManifest(join(dir(id), "manifest.json"));
const run = (options: Partial<TrainInput>) => train({ ...tiny, maxSeqLen: null, corpus, ...options }, { home });

test("sequences longer than a pretrained model reads are refused before there is a run; shorter ones are trained on", async () => {
  const asked = run({ runId: "long", pretrainedRunId: "base", maxSeqLen: 32 });
  await expect(asked).rejects.toMatchObject({
    code: "MODEL_INCOMPATIBLE",
    failureClass: "USER_INPUT",
    message: matching(/32 tokens.* 16/),
  });
  expect(existsSync(dir("long"))).toBe(false);
  await run({ runId: "short", maxSteps: 2, pretrainedRunId: "base", maxSeqLen: 8 });
  expect(await manifestOf("short")).toMatchObject({ max_seq_len: 8, tokens_seen: 2 * 8 * 8 });
  expect((await loadModel(dir("short"))).model.contextLength).toBe(16); // shorter sequences make no smaller model
});

test("without other weights, and nothing said, sequences are of 512 tokens", async () => {
  await run({ runId: "usual", maxSteps: 1 });
  expect(await manifestOf("usual")).toMatchObject({ max_seq_len: 512, config: { max_seq_len: 512 } });
});

test("weights without their tokenizer are refused before there is a run, as are those of no known kind", async () => {
  const bare = join(home, "bare");
  mkdirSync(bare);
  for (const file of ["config.json", "model.safetensors"]) cpSync(join(dir("base"), file), join(bare, file));
  await expect(run({ runId: "blind", pretrainedRunId: bare })).rejects.toMatchObject({ code: "TOKENIZER_NOT_FOUND" });
  writeFileSync(join(bare, "config.json"), '{"model_type": "rwkv"}');
  await expect(run({ runId: "blind", pretrainedRunId: bare })).rejects.toMatchObject({
    code: "UNSUPPORTED_BACKEND",
    failureClass: "USER_INPUT",
  });
  expect(existsSync(dir("blind"))).toBe(false);
});

test("a pretrained model's own tokenizer may have fewer tokens than it has embeddings, as padded ones do", async () => {
  const padded = join(home, "padded");
  cpSync(dir("base"), padded, { recursive: true });
  const { model, specials } = await loadModel(padded);
  const larger = build(gpt2, gpt2Config({ ...model.config, vocabSize: 320 }));
  noGrad(() => {
    for (const [name, t] of larger.params.named()) {
      const from = model.params.named().get(name);
      if (from?.numel === t.numel) t.copy_(from);
    }
  });
  await saveModel(padded, larger, specials);
  await run({ runId: "from-padded", maxSteps: 1, pretrainedRunId: padded });
  expect(await manifestOf("from-padded")).toMatchObject({ status: "completed", vocab_size: 320 });
});

const lora = {
  pretrainedRunId: "base",
  loraRank: 2,
  loraDropout: 0.1,
  finetuneLrCap: 1e-2,
  numEpochs: 2,
  evalEvery: 10,
};

test("with a LoRA rank an adapter is trained; the run has it in PEFT's format, and weights with it merged in", async () => {
  const { bestValLoss } = await run({ runId: "lora", ...lora });
  expect(bestValLoss).toBeLessThan(
    (await run({ runId: "still", pretrainedRunId: "base", learningRate: 0, maxSteps: 1 })).bestValLoss ?? 0,
  );
  const { parameters, trainable_parameters: trained } = (await manifestOf("lora")) ?? {};
  expect(trained).toBe(2 * 2 * (16 + 48 + 16 + 16 + 16 + 64 + 64 + 16)); // r (in + out) of four layers in two blocks
  expect(parameters).toBeGreaterThan(trained ?? 0);
  const files = readdirSync(dir("lora"));
  expect(files).toContain("adapter");
  expect(files).not.toContain("base"); // only needed until the run is completed

  const [{ model: base }, { model: merged }] = [await loadModel(dir("base")), await loadModel(dir("lora"))];
  const adapted = (await loadAdapter(join(dir("lora"), "adapter"), base)).merged();
  for (const [name, t] of merged.params.named()) expect([name, adapted.get(name)?.equal(t)]).toEqual([name, true]);
  expect(merged.params.named().get("transformer.wte.weight")?.equal(base.head)).toBe(true); // the base is as it was
  expect(
    merged.params
      .named()
      .get("transformer.h.0.mlp.c_fc.weight")
      ?.equal((await loadModel(dir("base"))).model.params.named().get("transformer.h.0.mlp.c_fc.weight") ?? base.head),
  ).toBe(false);

  const checkpoint = readdirSync(join(dir("lora"), "checkpoints")).at(-1) ?? "";
  expect(statSync(join(dir("lora"), "checkpoints", checkpoint, "model.safetensors")).size).toBeLessThan(
    4 * (trained ?? 0) + 4096,
  );
});

test("an adapter is exported by itself, and the run as the whole model", async () => {
  await run({ runId: "lora-export", ...lora, maxSteps: 3, loraTargets: ["c_attn"], loraAlpha: 1 });
  const at = openHome(home);
  const alone = await exportRun("lora-export", join(home, "alone"), { home: at, adapter: true });
  expect(alone.files).toEqual(["adapter_config.json", "adapter_model.safetensors"]);
  await exportRun("lora-export", join(home, "whole"), { home: at });
  expect(sha256(join(home, "whole", "model.safetensors"))).toBe(sha256(join(dir("lora-export"), "model.safetensors")));
  await expect(exportRun("base", join(home, "none"), { home: at, adapter: true })).rejects.toMatchObject({
    code: "MODEL_NOT_FOUND",
    message: matching(/base has no adapter/),
  });
});

test("a run with an adapter, stopped, can be used as it is, and goes on the same without the model it began from", async () => {
  cpSync(dir("base"), dir("parent"), { recursive: true });
  const options = { ...lora, pretrainedRunId: "parent" };
  await run({ ...options, runId: "lora-whole" });
  const stop = new AbortController();
  const onEvent = (e: RunEvent) => e.type === "step" && e.step === 5 && stop.abort();
  const input = { ...tiny, maxSeqLen: null, corpus, ...options, runId: "lora-cut" };
  expect((await train(input, { home, onEvent, signal: stop.signal })).status).toBe("interrupted");
  using opened = await openModel("lora-cut", { home: openHome(home) });
  expect((await generate(opened, { prompt: "the", maxNewTokens: 2, seed: 1 })).outputs).toHaveLength(1);
  rmSync(dir("parent"), { recursive: true });
  await resume("lora-cut", { home });
  expect(outcome(dir("lora-cut"))).toEqual(outcome(dir("lora-whole")));
  const file = "adapter/adapter_model.safetensors";
  expect(sha256(join(dir("lora-cut"), file))).toBe(sha256(join(dir("lora-whole"), file)));
});

test("an adapter needs a model to change, and layers to be put on", async () => {
  expect(() => parseTrainOptions({ corpus: "a.txt", loraRank: 4 })).toThrow(
    "loraRank: an adapter changes a trained model",
  );
  await expect(run({ runId: "nothing", ...lora, loraTargets: ["q_proj"] })).rejects.toMatchObject({
    code: "MODEL_INCOMPATIBLE",
    message: matching(/no linear layer "q_proj".*c_attn, c_proj, c_fc/),
  });
});

test("no rate of a run from other weights is over its cap, however it is asked for, and the run says so", async () => {
  const rates = { learningRate: 1e-3, minLr: 1e-3, lrSchedule: "linear", warmupSteps: 2, finetuneLrCap: 5e-5 } as const;
  const events: RunEvent[] = [];
  const options = { ...tiny, ...rates, maxSeqLen: null, corpus, runId: "capped", pretrainedRunId: "base", maxSteps: 6 };
  await train(options, { home, onEvent: (event) => events.push(event) });
  const steps = events.flatMap((event) => (event.type === "step" ? [event.lr] : []));
  expect(steps).toEqual([2.5e-5, 5e-5, 5e-5, 5e-5, 5e-5, 5e-5]);
  expect(events.find(({ type }) => type === "config")).toMatchObject({ learningRate: 5e-5 });
});
