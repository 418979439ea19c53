import { readFileSync, writeFileSync } from "node:fs";
import { containing, scratch } from "@trainer/testing";
import { expect, test } from "vitest";
import { charLstm } from "./char-lstm.js";
import { charLstmConfig } from "./char-lstm-config.js";
import { readModelConfig, writeModelConfig } from "./config-file.js";
import { gpt2 } from "./gpt2.js";
import { gpt2Config } from "./gpt2-config.js";
import { llama } from "./llama.js";
import { llamaConfig } from "./llama-config.js";
import type { CausalLm } from "./model.js";
import { qwen } from "./qwen.js";
import { qwenConfig } from "./qwen-config.js";
import { build } from "./registry.js";

const specials = { bosTokenId: 2, eosTokenId: [3, 1], padTokenId: 0 } as const;
const ids = { bos_token_id: 2, eos_token_id: [3, 1], pad_token_id: 0 };
const read = (path: string): unknown => JSON.parse(readFileSync(path, "utf8"));

const decoder = {
  vocabSize: 30,
  hiddenSize: 16,
  intermediateSize: 24,
  numHiddenLayers: 3,
  numAttentionHeads: 4,
  numKeyValueHeads: 2,
  maxPositionEmbeddings: 8,
};
const decoderFile = {
  vocab_size: 30,
  hidden_size: 16,
  intermediate_size: 24,
  num_hidden_layers: 3,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  max_position_embeddings: 8,
  hidden_act: "silu",
  rope_theta: 10_000,
  rope_parameters: { rope_theta: 10_000, rope_type: "default" },
  rope_scaling: null,
};
const meta = { device: "meta" } as const;
const outline = { layers: 3, width: 16, heads: 4, vocabSize: 30, contextLength: 8 };

/** The fields from which transformers takes the class, the sizes and the kind of each layer. */
test.each<[string, () => CausalLm, object, object]>([
  [
    "gpt2",
    () => build(gpt2, gpt2Config({ vocabSize: 30, nPositions: 8, nEmbd: 16, nLayer: 3, nHead: 4 }), meta),
    {
      architectures: ["GPT2LMHeadModel"],
      model_type: "gpt2",
      n_positions: 8,
      n_embd: 16,
      n_layer: 3,
      n_head: 4,
      scale_attn_weights: true,
      scale_attn_by_inverse_layer_idx: false,
      reorder_and_upcast_attn: false,
      tie_word_embeddings: true,
    },
    outline,
  ],
  [
    "llama",
    () => build(llama, llamaConfig(decoder), meta),
    { ...decoderFile, architectures: ["LlamaForCausalLM"], model_type: "llama", head_dim: 4, mlp_bias: false },
    outline,
  ],
  [
    "qwen2",
    () => build(qwen, qwenConfig({ ...decoder, modelType: "qwen2" }), meta),
    { ...decoderFile, architectures: ["Qwen2ForCausalLM"], model_type: "qwen2", use_sliding_window: false },
    outline,
  ],
  [
    "qwen3",
    () => build(qwen, qwenConfig({ ...decoder, modelType: "qwen3", headDim: 6 }), meta),
    {
      ...decoderFile,
      architectures: ["Qwen3ForCausalLM"],
      model_type: "qwen3",
      head_dim: 6,
      attention_bias: false,
      use_sliding_window: false,
    },
    outline,
  ],
  [
    "char_lstm",
    () => build(charLstm, charLstmConfig({ vocabSize: 30, hiddenDim: 16, numLayers: 3, maxSeqLen: 8 }), meta),
    { model_type: "char_lstm", vocab_size: 30, hidden_dim: 16, num_layers: 3, max_seq_len: 8 },
    { ...outline, heads: null },
  ],
])(
  "a folder of %s says by transformers' names what it holds, and is read back the same",
  async (_name, make, file, of) => {
    const model = make();
    await using dir = await scratch();
    await writeModelConfig(dir.path, model, specials);
    expect(read(dir.join("config.json"))).toMatchObject({ ...file, ...ids, use_cache: true, dtype: "float32" });
    expect(read(dir.join("generation_config.json"))).toEqual({ _from_model_config: true, ...ids });
    const plan = await readModelConfig(dir.path);
    expect(plan.config).toEqual(model.config);
    expect(plan.build(meta).outline).toEqual(of);
  },
);

test("a generation_config.json that is to be kept is written as it was", async () => {
  await using dir = await scratch();
  const model = build(gpt2, gpt2Config({ vocabSize: 30, nPositions: 8, nEmbd: 16, nLayer: 1, nHead: 2 }), meta);
  await writeModelConfig(dir.path, model, specials, { eos_token_id: 5, top_k: 7 });
  expect(read(dir.join("generation_config.json"))).toEqual({ eos_token_id: 5, top_k: 7 });
});

test("a folder without a config, or with one that is none, is refused with its path and what is wrong", async () => {
  await using dir = await scratch();
  const path = dir.join("config.json");
  await expect(readModelConfig(dir.path)).rejects.toMatchObject({
    code: "MODEL_NOT_FOUND",
    message: `${dir.path}: no model here, there is no readable config.json`,
    cause: { code: "ENOENT" },
  });
  writeFileSync(path, "{");
  await expect(readModelConfig(dir.path)).rejects.toMatchObject({
    code: "MODEL_LOAD_FAILED",
    message: `${path}: not JSON`,
    cause: { name: "SyntaxError" },
  });
  for (const none of ["{}", "7", '{"model_type":null}']) {
    writeFileSync(path, none);
    await expect(readModelConfig(dir.path)).rejects.toMatchObject({
      code: "MODEL_LOAD_FAILED",
      message: containing(`${path}: no model_type; expected a model's config.json`),
    });
  }
});
