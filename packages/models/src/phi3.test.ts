import { expect, test } from "vitest";
import { checkGguf } from "./gguf/write-model.js";
import { writeRope } from "./gguf/rope.js";
import { parseConfig } from "./new-config.js";
import { phi3 } from "./phi3.js";
import { phi3Config, phi3Spec } from "./phi3-config.js";
import { build } from "./registry.js";
import { frequencies } from "./rope.js";

const read = (file: object) => parseConfig(phi3Spec, { model_type: "phi3", ...file }, "here");
/** What Phi-4-mini's config.json says, but for its sizes. */
const longrope = {
  hidden_size: 32,
  num_attention_heads: 4,
  max_position_embeddings: 256,
  original_max_position_embeddings: 32,
  partial_rotary_factor: 0.75,
  sliding_window: 512,
  rope_theta: 500,
  rope_scaling: { type: "longrope", short_factor: [1, 1.25, 1.5], long_factor: [1, 4, 9] },
};

test("what a config leaves out has the default it has in transformers", () => {
  const { config, specials } = read({});
  expect(config).toEqual({
    vocabSize: 32064,
    hiddenSize: 3072,
    intermediateSize: 8192,
    numHiddenLayers: 32,
    numAttentionHeads: 32,
    numKeyValueHeads: 32,
    headDim: 96,
    maxPositionEmbeddings: 4096,
    initializerRange: 0.02,
    rmsNormEps: 1e-5,
    tieWordEmbeddings: false,
    attentionBias: false,
    attentionDropout: 0,
    partialRotaryFactor: 1,
    rope: { theta: 10_000, scaling: { rope_type: "default" } },
  });
  expect(specials).toEqual({ bosTokenId: 1, eosTokenId: 32000, padTokenId: null });
  expect(read({ rope_scaling: { rope_theta: 7 } }).config.rope).toEqual({
    theta: 7,
    scaling: { rope_type: "default" },
  });
  expect(phi3Spec.outline(read({ sliding_window: 2047 }).config).contextLength).toBe(2047);
});

test("LongRoPE is read by its names old and new, for as many tokens as its short factors are for", () => {
  const { config } = read(longrope);
  const { type: _, ...scaling } = longrope.rope_scaling;
  const original = { original_max_position_embeddings: 32 };
  expect(config).toMatchObject({
    maxPositionEmbeddings: 256,
    partialRotaryFactor: 0.75,
    rope: { theta: 500, scaling: { rope_type: "longrope", ...scaling, ...original }, turned: 6 },
  });
  expect(phi3Spec.outline(config).contextLength).toBe(32);
  for (const type of ["su", "yarn"])
    expect(read({ ...longrope, rope_scaling: { ...longrope.rope_scaling, type } }).config).toEqual(config);
  const file = phi3Spec.toFile(config);
  expect(file).toMatchObject({ rope_scaling: longrope.rope_scaling, ...original });
  expect(read(file).config).toEqual(config);
  expect(read({ ...file, rope_scaling: null }).config).toEqual(config);
  expect(() => writeRope("llama", { ...config, headDim: 8 })).toThrow("its rotary positions are LongRoPE's");
  const { scaling: long } = config.rope;
  expect(frequencies({ theta: 500, scaling: long }, 6, 32, 32).scale).toBe(1); // no longer than it was
  expect(() => checkGguf(build(phi3, config))).toThrow("it is a phi3");
});

test.each([
  [{ rope_scaling: { type: "llama3" } }, "rope_scaling.rope_type: Invalid"],
  [{ rope_scaling: 3 }, "rope_scaling: Invalid input"],
  [{ rope_scaling: { ...longrope.rope_scaling, short_factor: [1] } }, "short_factor has 1 numbers for 3 pairs"],
  [{ rope_scaling: { ...longrope.rope_scaling, attention_factor: 2 } }, "rope_scaling.attention_factor: Invalid"],
  [{ sliding_window: 16 }, "sliding_window 16 is less than original_max_position_embeddings 32"],
  [{ partial_rotary_factor: 0.65 }, "the turned part of a head, 5 is not a multiple of 2"],
  [{ resid_pdrop: 0.1 }, "resid_pdrop: Invalid"],
  [{ hidden_size: 30 }, "hidden_size 30 is not a multiple"],
])("%j is refused: %s", (fields, message) => {
  expect(() => read({ ...longrope, ...fields })).toThrow(message);
});

test("a tied head is the embedding, and another a parameter of its own", () => {
  const dimensions = { vocabSize: 30, hiddenSize: 16, intermediateSize: 24, numHiddenLayers: 1, numAttentionHeads: 2 };
  const names = (tieWordEmbeddings: boolean) =>
    [...build(phi3, phi3Config({ ...dimensions, tieWordEmbeddings }), { seed: 1 }).params.named()].map(
      ([name]) => name,
    );
  expect(names(true)).toEqual([
    "model.embed_tokens.weight",
    "model.layers.0.input_layernorm.weight",
    "model.layers.0.self_attn.qkv_proj.weight",
    "model.layers.0.self_attn.o_proj.weight",
    "model.layers.0.post_attention_layernorm.weight",
    "model.layers.0.mlp.gate_up_proj.weight",
    "model.layers.0.mlp.down_proj.weight",
    "model.norm.weight",
  ]);
  expect(names(false).filter((name) => !names(true).includes(name))).toEqual(["lm_head.weight"]);
  const tied = (tieWordEmbeddings: boolean) => phi3.tied(phi3Config({ ...dimensions, tieWordEmbeddings }));
  expect([tied(true), tied(false)]).toEqual([{ embedding: "model.embed_tokens.weight", head: "lm_head.weight" }, null]);
});
