import { expect, test } from "vitest";
import { parseConfig } from "./new-config.js";
import { olmo2 } from "./olmo2.js";
import { olmo2Config, olmo2Spec } from "./olmo2-config.js";
import { build } from "./registry.js";

test("what a config leaves out has the default it has in transformers", () => {
  const { config, specials } = parseConfig(olmo2Spec, { model_type: "olmo2" }, "here");
  expect(config).toEqual({
    vocabSize: 50304,
    hiddenSize: 4096,
    intermediateSize: 11008,
    numHiddenLayers: 32,
    numAttentionHeads: 32,
    numKeyValueHeads: 32,
    headDim: 128,
    maxPositionEmbeddings: 2048,
    initializerRange: 0.02,
    rmsNormEps: 1e-5,
    tieWordEmbeddings: false,
    attentionBias: false,
    attentionDropout: 0,
    rope: { theta: 10_000, scaling: { rope_type: "default" } },
  });
  expect(specials).toEqual({ bosTokenId: null, eosTokenId: 50279, padTokenId: null });
});

test("a tied head is the embedding, and another a parameter of its own", () => {
  const dimensions = { vocabSize: 30, hiddenSize: 16, intermediateSize: 24, numHiddenLayers: 1, numAttentionHeads: 2 };
  const names = (tieWordEmbeddings: boolean) =>
    [...build(olmo2, olmo2Config({ ...dimensions, tieWordEmbeddings }), { seed: 1 }).params.named()].map(
      ([name]) => name,
    );
  expect(names(false).filter((name) => !names(true).includes(name))).toEqual(["lm_head.weight"]);
  const tied = (tieWordEmbeddings: boolean) => olmo2.tied(olmo2Config({ ...dimensions, tieWordEmbeddings }));
  expect([tied(true), tied(false)]).toEqual([{ embedding: "model.embed_tokens.weight", head: "lm_head.weight" }, null]);
});

test("heads that cannot share the width are refused", () => {
  expect(() => olmo2Config({ hiddenSize: 30, numAttentionHeads: 4 })).toThrow("hidden_size 30 is not a multiple");
});
