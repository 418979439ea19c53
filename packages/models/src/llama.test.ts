import { crossEntropy, memoryStats, noGrad, scope, setNumThreads, tensor } from "@trainer/torch";
import { expect, test } from "vitest";
import { llama } from "./llama.js";
import { llamaConfig, llamaSpec, type KnownLlamaConfig } from "./llama-config.js";
import { logits, loss, lossOfEach } from "./model.js";
import { parseConfig } from "./new-config.js";
import { build } from "./registry.js";

setNumThreads(1);
const tiny = { vocabSize: 30, hiddenSize: 16, intermediateSize: 24, numHiddenLayers: 2, numAttentionHeads: 4 };
const made = (known: KnownLlamaConfig) =>
  build(llama, llamaConfig({ ...tiny, maxPositionEmbeddings: 8, initializerRange: 0.5, ...known }), { seed: 1 });
const ids = (length: number) =>
  tensor(
    Array.from({ length }, (_, i) => (7 * i) % 30),
    [1, length],
    { dtype: "int64" },
  );

test("what a config leaves out has the default it has in transformers", () => {
  const { config, specials } = parseConfig(llamaSpec, { model_type: "llama" }, "here");
  expect(config).toEqual({
    vocabSize: 32000,
    hiddenSize: 4096,
    intermediateSize: 11008,
    numHiddenLayers: 32,
    numAttentionHeads: 32,
    numKeyValueHeads: 32,
    headDim: 128,
    maxPositionEmbeddings: 2048,
    initializerRange: 0.02,
    rmsNormEps: 1e-6,
    tieWordEmbeddings: false,
    attentionBias: false,
    attentionDropout: 0,
    mlpBias: false,
    rope: { theta: 10_000, scaling: { rope_type: "default" } },
  });
  expect(specials).toEqual({ bosTokenId: 1, eosTokenId: 2, padTokenId: null });
});

test("a Mistral is a LLaMA as long as its window, and has the defaults that it has in transformers", () => {
  const { config } = parseConfig(llamaSpec, { model_type: "mistral" }, "here");
  expect(config).toMatchObject({
    intermediateSize: 14336,
    numKeyValueHeads: 8,
    maxPositionEmbeddings: 4096,
    mlpBias: false,
  });
  const whole = parseConfig(llamaSpec, { model_type: "mistral", sliding_window: null }, "here").config;
  expect(whole.maxPositionEmbeddings).toBe(131072);
  expect(() => parseConfig(llamaSpec, { model_type: "mistral", hidden_act: "gelu" }, "here")).toThrow("hidden_act");
});

test("of several ends of text the first is kept, and a list of none is no end", () => {
  const end = (eos_token_id: readonly number[]) =>
    parseConfig(llamaSpec, { model_type: "llama", eos_token_id }, "here").specials.eosTokenId;
  expect(end([7, 8])).toBe(7);
  expect(end([])).toBeNull();
});

test("names of older files are known", () => {
  expect(llama.parameterName("layers.0.mlp.up_proj.weight")).toBe("model.layers.0.mlp.up_proj.weight");
  expect(llama.parameterName("model.norm.weight")).toBe("model.norm.weight");
  expect(llama.parameterName("lm_head.weight")).toBe("lm_head.weight");
  expect(llama.parameterName("model.layers.0.self_attn.rotary_emb.inv_freq")).toBeNull();
});

test("a cap bends the logits of all that reads them, and is in the file only where there is one", () => {
  const [plain, capped] = [made({}), made({ finalLogitSoftcapping: 0.5 })];
  const read = { training: false };
  const wanted = noGrad(() => logits(plain, ids(6), read).div(0.5).tanh().mul(0.5));
  const found = noGrad(() => logits(capped, ids(6), read));
  expect(found.sub(wanted).abs().max().item()).toBeLessThan(1e-6);
  expect(
    found
      .sub(noGrad(() => logits(plain, ids(6), read)))
      .abs()
      .max()
      .item(),
  ).toBeGreaterThan(1e-2);
  const targets = ids(6).add(1);
  const mean = crossEntropy(wanted.flatten(0, 1), targets.flatten()).item();
  expect(noGrad(() => loss(capped, { inputs: ids(6), targets }, read)).item()).toBeCloseTo(mean, 5);
  const each = noGrad(() => lossOfEach(capped, capped.hidden(ids(6), read).flatten(0, 1), targets.flatten()));
  expect(each.mean().item()).toBeCloseTo(mean, 5);
  expect(capped.configFile()).toMatchObject({ final_logit_softcapping: 0.5 });
  expect("final_logit_softcapping" in plain.configFile()).toBe(false);
  const stored = { model_type: "llama", final_logit_softcapping: 30 };
  expect(parseConfig(llamaSpec, stored, "here").config.finalLogitSoftcapping).toBe(30);
  const none = { ...stored, final_logit_softcapping: null };
  expect(parseConfig(llamaSpec, none, "here").config.finalLogitSoftcapping).toBeUndefined();
});

test("rotations that follow the text's length let it grow by the factor, and change nothing before", () => {
  const plain = made({});
  const dynamic = made({ ropeScaling: { rope_type: "dynamic", factor: 2 } });
  expect([plain.contextLength, dynamic.contextLength, dynamic.newCache(1).capacity]).toEqual([8, 16, 16]);
  const first = (model: typeof plain, length: number) =>
    noGrad(() => Array.from(logits(model, ids(length), { training: false }).select(1, 3).data(), Number));
  expect(first(dynamic, 8)).toEqual(first(plain, 8));
  expect(first(dynamic, 12)).not.toEqual(first(plain, 8));
});

test("dropout is on the attention's weights, while training alone", () => {
  const model = made({ attentionDropout: 0.5 });
  const run = (training: boolean) => logits(model, ids(8), { training }).toArray();
  expect(run(false)).toEqual(run(false));
  expect(run(true)).not.toEqual(run(true));
});

test("in training, texts of different lengths each have their own rotation, the second time as the first", () => {
  const model = made({});
  const read = (length: number, training: boolean) => noGrad(() => logits(model, ids(length), { training })).toArray();
  for (const length of [8, 5, 8, 5]) expect(read(length, true)).toEqual(read(length, false));
});

test("outside of training no rotation is kept, whatever the lengths of texts", () => {
  const model = made({});
  const before = memoryStats().liveTensors;
  for (const length of [3, 4, 5, 6]) {
    expect(scope(() => noGrad(() => logits(model, ids(length), { training: false }).size(1)))).toBe(length);
  }
  expect(memoryStats().liveTensors).toBe(before);
});
