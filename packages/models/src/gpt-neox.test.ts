import { expect, test } from "vitest";
import { gptNeox } from "./gpt-neox.js";
import { gptNeoxConfig, gptNeoxSpec } from "./gpt-neox-config.js";
import { parseConfig } from "./new-config.js";

const parsed = (file: object) => parseConfig(gptNeoxSpec, { model_type: "gpt_neox", ...file }, "here");

test("what a config leaves out has the default it has in transformers", () => {
  const { config, specials } = parsed({});
  expect(config).toEqual({
    vocabSize: 50432,
    hiddenSize: 6144,
    intermediateSize: 24576,
    numHiddenLayers: 44,
    numAttentionHeads: 64,
    maxPositionEmbeddings: 2048,
    hiddenAct: "gelu",
    rotaryPct: 0.25,
    rotaryEmbBase: 10_000,
    useParallelResidual: true,
    attentionBias: true,
    hiddenDropout: 0,
    attentionDropout: 0,
    layerNormEps: 1e-5,
    initializerRange: 0.02,
    tieWordEmbeddings: false,
  });
  expect(specials).toEqual({ bosTokenId: 0, eosTokenId: 2, padTokenId: null });
});

test("rotations are read by their old names and by those of transformers 5, which win", () => {
  expect(parsed({ rotary_pct: 0.5, rotary_emb_base: 500 }).config).toMatchObject({
    rotaryPct: 0.5,
    rotaryEmbBase: 500,
  });
  const parameters = { rope_type: "default", rope_theta: 7, partial_rotary_factor: 1 };
  const { config } = parsed({ rotary_pct: 0.5, rope_parameters: parameters });
  expect(config).toMatchObject({ rotaryPct: 1, rotaryEmbBase: 7 });
  expect(() => parsed({ rope_parameters: { rope_type: "linear", factor: 2 } })).toThrow("rope_type");
});

test("dimensions that no model can have are refused", () => {
  expect(() => gptNeoxConfig({ hiddenSize: 30, numAttentionHeads: 4 })).toThrow("hidden_size 30 is not a multiple");
  expect(() => gptNeoxConfig({ hiddenSize: 12, numAttentionHeads: 4 })).toThrow("head_dim 3 is not a multiple of 2");
  const odd = { hiddenSize: 48, numAttentionHeads: 4, rotaryPct: 0.25 };
  expect(() => gptNeoxConfig(odd)).toThrow("the turned part of a head, 3 is not a multiple of 2");
});

test("names of older files are known, and their buffers are no parameters", () => {
  expect(gptNeox.parameterName("layers.0.mlp.dense_h_to_4h.weight")).toBe("gpt_neox.layers.0.mlp.dense_h_to_4h.weight");
  expect(gptNeox.parameterName("gpt_neox.final_layer_norm.bias")).toBe("gpt_neox.final_layer_norm.bias");
  expect(gptNeox.parameterName("embed_out.weight")).toBe("embed_out.weight");
  for (const buffer of ["bias", "masked_bias", "rotary_emb.inv_freq"])
    expect(gptNeox.parameterName(`gpt_neox.layers.0.attention.${buffer}`)).toBeNull();
});
