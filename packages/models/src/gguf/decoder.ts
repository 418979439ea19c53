import type { Tensor } from "@trainer/torch";
import { z } from "zod";
import { heads, positive, width } from "../config-schema.js";
import type { DecoderConfig } from "../decoder-config.js";
import type { Architecture, Layout, TensorNames, WrittenModel } from "./architecture.js";
import { noGguf, unsupported } from "./errors.js";
import type { GgufFile } from "./open-gguf.js";
import { dimensionKeys, readKeys } from "./read-keys.js";
import { frequencyFactors, FREQUENCIES, readRope, writeRope } from "./rope.js";
import { f32, u32 } from "./values.js";
import { vocabularyOf } from "./vocabulary-size.js";

/**
 * Heads with the numbers of a pair side by side, as llama.cpp turns LLaMA's: Hugging Face has the first half of a head's
 * paired with the second.
 */
const paired = (heads: number): Layout => ({
  to: (ours) => exchanged(ours, [heads, 2, -1]),
  from: (theirs) => exchanged(theirs, [heads, -1, 2]),
});

const exchanged = (rows: Tensor, [heads, a, b]: readonly [number, number, number]): Tensor =>
  rows.unflatten(0, [heads, a, b]).transpose(1, 2).reshape(rows.shape);

const both = (ours: string, theirs: string, layout: Layout | null = null): TensorNames[] =>
  ["weight", "bias"].map((part) => ({ ours: `${ours}.${part}`, theirs: `${theirs}.${part}`, layout }));

function namesOf(architecture: string, attention: number, keyValue: number): readonly TensorNames[] {
  const of = (heads: number) => (architecture === "llama" ? paired(heads) : null);
  const block = (ours: string, theirs: string, layout: Layout | null = null) =>
    both(`model.layers.N.${ours}`, `blk.N.${theirs}`, layout);
  return [
    ...both("model.embed_tokens", "token_embd"),
    ...both("model.norm", "output_norm"),
    ...both("lm_head", "output"),
    ...block("input_layernorm", "attn_norm"),
    ...block("self_attn.q_proj", "attn_q", of(attention)),
    ...block("self_attn.k_proj", "attn_k", of(keyValue)),
    ...block("self_attn.v_proj", "attn_v"),
    ...block("self_attn.o_proj", "attn_output"),
    ...block("self_attn.q_norm", "attn_q_norm"),
    ...block("self_attn.k_norm", "attn_k_norm"),
    ...block("post_attention_layernorm", "ffn_norm"),
    ...block("mlp.gate_proj", "ffn_gate"),
    ...block("mlp.up_proj", "ffn_up"),
    ...block("mlp.down_proj", "ffn_down"),
  ];
}

export type DecoderArchitecture = "llama" | "qwen2" | "qwen3";

export function writeDecoder(architecture: DecoderArchitecture, c: DecoderConfig): WrittenModel {
  if (c.finalLogitSoftcapping !== undefined)
    throw noGguf("its logits have a soft cap (final_logit_softcapping), which llama.cpp has not for this family");
  if (architecture === "qwen3" && c.attentionBias)
    throw noGguf("it is a Qwen3 with biases (attention_bias), which llama.cpp has not");
  const key = (name: string) => `${architecture}.${name}`;
  const metadata = [
    [key("block_count"), u32(c.numHiddenLayers)],
    [key("context_length"), u32(c.maxPositionEmbeddings)],
    [key("embedding_length"), u32(c.hiddenSize)],
    [key("feed_forward_length"), u32(c.intermediateSize)],
    [key("attention.head_count"), u32(c.numAttentionHeads)],
    [key("attention.head_count_kv"), u32(c.numKeyValueHeads)],
    [key("attention.key_length"), u32(c.headDim)],
    [key("attention.value_length"), u32(c.headDim)],
    [key("attention.layer_norm_rms_epsilon"), f32(c.rmsNormEps)],
    [key("vocab_size"), u32(c.vocabSize)],
    ...writeRope(architecture, c),
  ] as const;
  const factors = frequencyFactors(c);
  return {
    architecture,
    metadata,
    names: namesOf(architecture, c.numAttentionHeads, c.numKeyValueHeads),
    extra: factors === null ? [] : [[FREQUENCIES, factors]],
  };
}

const Keys = z.object({
  ...dimensionKeys,
  "attention.head_count_kv": heads.optional(),
  "attention.key_length": width.optional(),
  "attention.value_length": width.optional(),
  "attention.layer_norm_rms_epsilon": positive,
  expert_count: z.int().nonnegative().default(0),
});

const CLASSES: Readonly<Record<DecoderArchitecture, string>> = {
  llama: "LlamaForCausalLM",
  qwen2: "Qwen2ForCausalLM",
  qwen3: "Qwen3ForCausalLM",
};

export const decoderArchitecture = (name: DecoderArchitecture): Architecture => ({
  name,
  read(file) {
    const keys = readKeys(file, name, Keys);
    if (keys.expert_count > 0) throw unsupported(file.path, `it is a mixture of ${keys.expert_count} experts`);
    const attention = keys["attention.head_count"];
    const keyValue = keys["attention.head_count_kv"] ?? attention;
    const headDim = keys["attention.key_length"] ?? keys.embedding_length / attention;
    const valueDim = keys["attention.value_length"] ?? headDim;
    if (valueDim !== headDim)
      throw unsupported(file.path, `its heads have ${headDim} numbers in keys and ${valueDim} in values`);
    const config = {
      architectures: [CLASSES[name]],
      model_type: name,
      vocab_size: vocabularyOf(file),
      hidden_size: keys.embedding_length,
      intermediate_size: keys.feed_forward_length,
      num_hidden_layers: keys.block_count,
      num_attention_heads: attention,
      num_key_value_heads: keyValue,
      max_position_embeddings: keys.context_length,
      rms_norm_eps: keys["attention.layer_norm_rms_epsilon"],
      tie_word_embeddings: !file.tensors.has("output.weight"),
      ...readRope(file, name, headDim),
      ...(name === "qwen2" ? {} : { head_dim: headDim }),
      ...(name === "llama" ? biasesOf(file) : {}),
      hidden_act: "silu",
    };
    return { config, names: namesOf(name, attention, keyValue), extra: [FREQUENCIES] };
  },
});

const biasesOf = ({ tensors }: GgufFile) => ({
  attention_bias: tensors.has("blk.0.attn_q.bias"),
  mlp_bias: tensors.has("blk.0.ffn_up.bias"),
});
