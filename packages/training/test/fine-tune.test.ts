import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build, loadModel, saveModel } from "@trainer/models";
import { noGrad } from "@trainer/torch";
import { readManifest, train, type TrainInput } from "@trainer/training";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { tiny, writeCorpus } from "./corpus.js";
import { matching } from "./matching.js";
import { scratch } from "./scratch.js";

vi.setConfig({ testTimeout: 120_000 }); // on a busy machine

let home = "";
let corpus = "";
beforeAll(async () => {
  home = scratch("fine-tune");
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
  const larger = build("gpt2", { ...model.config, vocabSize: 320 });
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
