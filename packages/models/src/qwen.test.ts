import { setNumThreads, tensor } from "@trainer/torch";
import { expect, test } from "vitest";
import { logits } from "./model.js";
import { parseConfig } from "./new-config.js";
import { qwen } from "./qwen.js";
import { qwenConfig, qwenSpec } from "./qwen-config.js";
import { build } from "./registry.js";

setNumThreads(1);

test("what a config leaves out has the default it has in transformers", () => {
  const common = {
    vocabSize: 151936,
    hiddenSize: 4096,
    intermediateSize: 22016,
    numHiddenLayers: 32,
    numAttentionHeads: 32,
    numKeyValueHeads: 32,
    headDim: 128,
    maxPositionEmbeddings: 32768,
    initializerRange: 0.02,
    rmsNormEps: 1e-6,
    tieWordEmbeddings: false,
    attentionDropout: 0,
    attentionBias: false,
    rope: { theta: 10_000, scaling: { rope_type: "default" } },
  };
  for (const modelType of ["qwen2", "qwen3"]) {
    const { config, specials } = parseConfig(qwenSpec, { model_type: modelType }, "here");
    expect(config).toEqual({ modelType, ...common });
    expect(specials).toEqual({ bosTokenId: null, eosTokenId: null, padTokenId: null });
  }
  const alone = { model_type: "qwen2", num_attention_heads: 8, num_key_value_heads: null };
  expect(parseConfig(qwenSpec, alone, "here").config.numKeyValueHeads).toBe(8);
});

test("a sliding window is refused, as are heads that do not fit", () => {
  const reading = (file: object) => () => parseConfig(qwenSpec, { model_type: "qwen2", ...file }, "here");
  expect(reading({ use_sliding_window: true })).toThrow("use_sliding_window");
  expect(reading({ num_attention_heads: 3, num_key_value_heads: null })).toThrow(
    "hidden_size 4096 is not a multiple of num_att",
  );
  expect(reading({ num_key_value_heads: 5 })).toThrow(
    "num_attention_heads 32 is not a multiple of num_key_value_heads 5",
  );
  expect(reading({ model_type: "qwen3", head_dim: 5 })).toThrow("head_dim 5 is not a multiple of 2");
  expect(reading({ model_type: "qwen9" })).toThrow("model_type");
});

test("a Qwen2's config.json says nothing of what is Qwen3's alone", () => {
  const names = (modelType: "qwen2" | "qwen3") => Object.keys(qwenSpec.toFile(qwenConfig({ modelType })));
  expect(names("qwen3").filter((name) => !names("qwen2").includes(name))).toEqual(["head_dim", "attention_bias"]);
});

test("a Qwen3 has heads as wide as it says, and biases if it says so; a Qwen2 has what its width gives", () => {
  const read = (file: object) =>
    parseConfig(qwenSpec, { num_key_value_heads: 3, num_attention_heads: 3, ...file }, "here");
  const third = { model_type: "qwen3", hidden_size: 64, head_dim: 6 }; // 64 is no multiple of 3
  expect(read(third).config).toMatchObject({ headDim: 6, attentionBias: false });
  expect(read({ ...third, attention_bias: true }).config.attentionBias).toBe(true);
  expect(() => read({ ...third, model_type: "qwen2" })).toThrow("hidden_size 64 is not a multiple of");
});

test.each(["qwen2", "qwen3"] as const)("biases and norms of a %s are where they belong", (modelType) => {
  const dimensions = { vocabSize: 30, hiddenSize: 16, intermediateSize: 24, numHiddenLayers: 1, numAttentionHeads: 2 };
  const known = { ...dimensions, modelType, numKeyValueHeads: 1, attentionDropout: 0.5, initializerRange: 0.5 };
  const model = build(qwen, qwenConfig({ ...known, maxPositionEmbeddings: 16 }), { seed: 1 });
  const attention = [...model.params.named().keys()].filter((name) => name.includes("self_attn"));
  const prefix = "model.layers.0.self_attn.";
  const extra =
    modelType === "qwen3" ? ["q_norm.weight", "k_norm.weight"] : ["q_proj.bias", "k_proj.bias", "v_proj.bias"];
  const weights = ["q_proj.weight", "k_proj.weight", "v_proj.weight", "o_proj.weight"];
  expect(attention.toSorted()).toEqual([...weights, ...extra].map((name) => prefix + name).toSorted());
  const run = (training: boolean) =>
    logits(model, tensor([1, 2, 3, 4, 5, 6], [1, 6], { dtype: "int64" }), { training }).toArray();
  expect(run(false)).toEqual(run(false));
  expect(run(true)).not.toEqual(run(true));
});
