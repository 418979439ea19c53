import { z } from "zod";
import { positive } from "../config-schema.js";
import type { Gpt2Config } from "../gpt2-config.js";
import type { Architecture, Layout, TensorNames, WrittenModel } from "./architecture.js";
import { noGguf } from "./errors.js";
import { dimensionKeys, readKeys } from "./read-keys.js";
import { vocabularyOf } from "./vocabulary-size.js";
import { f32, u32 } from "./values.js";

/** GPT-2's products are stored as inputs by outputs. */
const transposed: Layout = { to: (ours) => ours.t(), from: (theirs) => theirs.t() };

const part = (ours: string, theirs: string, name: string, layout: Layout | null = null): TensorNames => ({
  ours: `transformer.${ours}.${name}`,
  theirs: `${theirs}.${name}`,
  layout,
});

const norm = (ours: string, theirs: string) => [part(ours, theirs, "weight"), part(ours, theirs, "bias")];
const product = (ours: string, theirs: string) => [
  part(ours, theirs, "weight", transposed),
  part(ours, theirs, "bias"),
];

const names: readonly TensorNames[] = [
  part("wte", "token_embd", "weight"),
  part("wpe", "position_embd", "weight"),
  ...norm("ln_f", "output_norm"),
  { ours: "lm_head.weight", theirs: "output.weight", layout: null },
  ...norm("h.N.ln_1", "blk.N.attn_norm"),
  ...product("h.N.attn.c_attn", "blk.N.attn_qkv"),
  ...product("h.N.attn.c_proj", "blk.N.attn_output"),
  ...norm("h.N.ln_2", "blk.N.ffn_norm"),
  ...product("h.N.mlp.c_fc", "blk.N.ffn_up"),
  ...product("h.N.mlp.c_proj", "blk.N.ffn_down"),
];

export function writeGpt2(c: Gpt2Config): WrittenModel {
  if (c.activationFunction === "gelu")
    throw noGguf("its activation is the exact gelu, and llama.cpp has the one by tanh (gelu_new) for GPT-2");
  const metadata = [
    ["gpt2.block_count", u32(c.nLayer)],
    ["gpt2.context_length", u32(c.nPositions)],
    ["gpt2.embedding_length", u32(c.nEmbd)],
    ["gpt2.feed_forward_length", u32(c.nInner ?? 4 * c.nEmbd)],
    ["gpt2.attention.head_count", u32(c.nHead)],
    ["gpt2.attention.layer_norm_epsilon", f32(c.layerNormEpsilon)],
  ] as const;
  return { architecture: "gpt2", metadata, names, extra: [] };
}

const Keys = z.object({
  ...dimensionKeys,
  "attention.layer_norm_epsilon": positive,
});

export const gpt2Architecture: Architecture = {
  name: "gpt2",
  read(file) {
    const keys = readKeys(file, "gpt2", Keys);
    const config = {
      architectures: ["GPT2LMHeadModel"],
      model_type: "gpt2",
      vocab_size: vocabularyOf(file),
      n_positions: keys.context_length,
      n_ctx: keys.context_length,
      n_embd: keys.embedding_length,
      n_layer: keys.block_count,
      n_head: keys["attention.head_count"],
      n_inner: keys.feed_forward_length,
      activation_function: "gelu_new",
      layer_norm_epsilon: keys["attention.layer_norm_epsilon"],
    };
    return { config, names, extra: [] };
  },
};
