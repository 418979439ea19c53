import { cp, mkdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { logits, planModel, saveModel } from "@trainer/models";
import { noGrad, scope, tensor } from "@trainer/torch";
import { expect, test } from "vitest";
import { z } from "zod";
import { writeCheckpoint } from "../src/checkpoint/write.js";
import { openHome } from "../src/home/home.js";
import { temporaryFolder } from "../src/home/temporary-folder.js";
import { writeManifest } from "../src/home/manifest.js";
import { newManifest } from "../src/run/new-manifest.js";
import { parseTrainOptions } from "../src/options/options.js";
import { openModel } from "../src/inference/open-model.js";
import { containing, expected, openTinyGpt2, tinyGpt2 } from "./fixture.js";

/** A home in which the fixture is the run `novel`, but for the files left out. */
async function homeWithRun(path: string, without: readonly string[] = []) {
  const home = openHome(path);
  const dir = join(home.models, "novel");
  await mkdir(home.models, { recursive: true });
  await cp(tinyGpt2, dir, { recursive: true });
  const options = { ...parseTrainOptions({ corpus: "corpus.txt", runId: "novel" }), maxSeqLen: 512 };
  const manifest = await newManifest("novel", options, { device: "cpu", precision: "fp32" });
  await writeManifest(join(dir, "manifest.json"), { ...manifest, status: "interrupted", steps: 7 });
  for (const name of without) await rm(join(dir, name));
  return { home, dir };
}

async function edit(path: string, change: Record<string, unknown>) {
  await writeFile(path, JSON.stringify({ ...JSON.parse(await readFile(path, "utf8")), ...change }));
}

test("a folder that transformers wrote gives the same logits here", async () => {
  using opened = await openTinyGpt2();
  expect(opened).toMatchObject({ id: null, manifest: null, device: "cpu", contextLength: 32, eosId: 3, startId: 3 });
  expect([...opened.tokenizer.encode(expected.prompt)]).toEqual(expected.ids);
  expect([...opened.tokenizer.encode(expected.long_text)]).toEqual(expected.long_ids);
  const difference = scope(() =>
    noGrad(() => {
      const ids = tensor(expected.ids, [1, expected.ids.length], { dtype: "int64" });
      const wanted = tensor(expected.logits.flat(), [1, expected.ids.length, opened.model.vocabSize]);
      return logits(opened.model, ids, { training: false }).sub(wanted).abs().max().item();
    }),
  );
  expect(difference).toBeLessThan(1e-5);
});

test("a run is opened by its id, with its manifest", async () => {
  await using temporary = await temporaryFolder();
  const { home, dir } = await homeWithRun(temporary.path);
  using opened = await openModel("novel", { home });
  expect(opened).toMatchObject({ id: "novel", dir, manifest: { run_id: "novel", steps: 7 } });
});

test.each(["model.safetensors", "config.json"])("a run without %s says so and how to go on", async (missing) => {
  await using temporary = await temporaryFolder();
  const { home } = await homeWithRun(temporary.path, [missing]);
  await expect(openModel("novel", { home })).rejects.toMatchObject({
    code: "MODEL_NOT_FOUND",
    message: containing(/interrupted after 7 steps.*trainer resume novel/),
  });
});

test("a run that was stopped before it had a best is opened from its newest sound checkpoint", async () => {
  await using temporary = await temporaryFolder();
  const { home, dir } = await homeWithRun(temporary.path);
  const checkpoints = join(dir, "checkpoints");
  {
    using whole = await openModel("novel", { home });
    expect(whole.weights).toBe(join(dir, "model.safetensors"));
    const content = { model: whole.model.params.named(), optimizer: new Map(), state: {} };
    await writeCheckpoint(checkpoints, { ...content, step: 5 });
    noGrad(() => whole.model.head.zero_());
    await writeCheckpoint(checkpoints, { ...content, step: 7 });
  }
  await truncate(join(checkpoints, "step-00000007", "model.safetensors"), 1000);
  const head = async () => {
    using opened = await openModel("novel", { home });
    return { weights: opened.weights, head: opened.model.head.toArray() };
  };
  const best = await head();
  await rm(join(dir, "model.safetensors"));
  const weights = join(checkpoints, "step-00000005", "model.safetensors");
  expect(await head()).toEqual({ weights, head: best.head });
});

test("a folder with half of a model in it is refused with what is expected there", async () => {
  await using temporary = await temporaryFolder();
  await cp(tinyGpt2, temporary.path, { recursive: true });
  const home = openHome(join(temporary.path, "runs"));
  const open = () => openModel(temporary.path, { home });
  await rm(join(temporary.path, "tokenizer.json"));
  await expect(open()).rejects.toMatchObject({ code: "TOKENIZER_NOT_FOUND" });
  await rm(join(temporary.path, "model.safetensors"));
  await expect(open()).rejects.toThrow("holds no whole model: expected config.json and model.safetensors");
});

test("a tokenizer with more tokens than the model is refused with both numbers", async () => {
  await using temporary = await temporaryFolder();
  const home = openHome(join(temporary.path, "runs"));
  const folder = join(temporary.path, "mixed");
  await cp(tinyGpt2, folder, { recursive: true });
  const file = join(folder, "tokenizer.json");
  using plain = await openTinyGpt2();
  const { vocabSize } = plain.model;
  await writeFile(file, withExtraToken(await readFile(file, "utf8"), vocabSize));
  await expect(openModel(folder, { home })).rejects.toMatchObject({
    code: "MODEL_INCOMPATIBLE",
    message: containing(`the tokenizer has ${vocabSize + 1} tokens, the model only ${vocabSize}`),
  });
});

test("where the tokenizer names no end of text the model's config does, if it can", async () => {
  await using temporary = await temporaryFolder();
  const home = openHome(join(temporary.path, "runs"));
  const folder = join(temporary.path, "unnamed");
  await cp(tinyGpt2, folder, { recursive: true });
  const file = join(folder, "tokenizer.json");
  await writeFile(file, (await readFile(file, "utf8")).replaceAll("[EOS]", "[THE]").replaceAll("[BOS]", "[OTHER]"));
  await rm(join(folder, "tokenizer_config.json"));
  await rm(join(folder, "generation_config.json"));
  await edit(join(folder, "config.json"), { eos_token_id: 5 });
  {
    using opened = await openModel(folder, { home });
    expect(opened).toMatchObject({ eosId: 5, startId: 5 });
  }
  const generation = join(folder, "generation_config.json");
  await writeFile(generation, JSON.stringify({ eos_token_id: 50256 })); // not one of the tokenizer's
  {
    using opened = await openModel(folder, { home });
    expect(opened).toMatchObject({ eosId: 5, startId: 5, ends: new Set([5]) });
  }
  await rm(generation);
  for (const eos_token_id of [50256, null]) {
    await edit(join(folder, "config.json"), { eos_token_id });
    using opened = await openModel(folder, { home });
    expect(opened).toMatchObject({ eosId: null, startId: null });
  }
});

function withExtraToken(json: string, id: number): string {
  const tokenizer = z.looseObject({ added_tokens: z.array(z.unknown()) }).parse(JSON.parse(json));
  const plain = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
  return JSON.stringify({
    ...tokenizer,
    added_tokens: [...tokenizer.added_tokens, { id, content: "[EXTRA]", ...plain }],
  });
}

test("a folder made elsewhere opens with weights in a smaller type, what they cost being unknown", async () => {
  using opened = await openModel(tinyGpt2, { home: openHome("no-such-home"), device: "cpu", weightType: "int8" });
  expect(opened).toMatchObject({ weightType: "int8", quantizationLoss: null });
  expect(opened.model.head.dtype).toBe("int8");
  const ids = tensor(expected.ids, [1, expected.ids.length], { dtype: "int64" });
  const wanted = tensor(expected.logits.flat(), [1, expected.ids.length, opened.model.vocabSize]);
  const difference = noGrad(() => logits(opened.model, ids, { training: false }).sub(wanted).abs().max().item());
  const off = difference / wanted.abs().max().item();
  expect(off).toBeGreaterThan(0);
  expect(off).toBeLessThan(0.05);
});

test("a model that has no place for them is refused", async () => {
  await using temporary = await temporaryFolder();
  const dir = join(temporary.path, "characters");
  await cp(tinyGpt2, dir, { recursive: true });
  const dimensions = { embedDim: 4, hiddenDim: 4 };
  const model = planModel("char_lstm", { size: "tiny", vocabSize: 2000, dimensions }).build();
  await saveModel(dir, model, { bosTokenId: null, eosTokenId: null, padTokenId: null });
  const opening = openModel(dir, { home: openHome("no-such-home"), device: "cpu", weightType: "bf16" });
  await expect(opening).rejects.toMatchObject({ code: "MODEL_INCOMPATIBLE", message: containing("no linear layers") });
});
