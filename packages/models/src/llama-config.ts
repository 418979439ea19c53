import { z } from "zod";
import {
  count,
  divisible,
  only,
  positive,
  probability,
  snakeKeys,
  specialFields,
  toSpecials,
} from "./config-schema.js";
import { precisions, type FamilySpec } from "./family.js";
import { configOf } from "./new-config.js";
import { reach, ropeFields, ropeToFile, toRope, type Rope } from "./rope-config.js";

/** A LLaMA's `config.json`, as Hugging Face writes it. What is absent has the default it has there. */
const File = z.object({
  model_type: z.literal("llama"),
  vocab_size: count.default(32000),
  hidden_size: count.default(4096),
  intermediate_size: count.default(11008),
  num_hidden_layers: count.default(32),
  num_attention_heads: count.default(32),
  num_key_value_heads: count.nullish(),
  head_dim: count.nullish(),
  hidden_act: only("silu"),
  max_position_embeddings: count.default(2048),
  initializer_range: positive.default(0.02),
  rms_norm_eps: positive.default(1e-6),
  tie_word_embeddings: z.boolean().default(false),
  attention_bias: z.boolean().default(false),
  attention_dropout: probability.default(0),
  mlp_bias: z.boolean().default(false),
  ...ropeFields,
  ...specialFields(1, 2),
});

/** The dimensions of a LLaMA, by Hugging Face's names in camelCase. */
export interface LlamaConfig {
  readonly vocabSize: number;
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly numHiddenLayers: number;
  readonly numAttentionHeads: number;
  readonly numKeyValueHeads: number;
  readonly headDim: number;
  readonly maxPositionEmbeddings: number;
  readonly initializerRange: number;
  readonly rmsNormEps: number;
  readonly tieWordEmbeddings: boolean;
  readonly attentionBias: boolean;
  readonly attentionDropout: number;
  readonly mlpBias: boolean;
  readonly rope: Rope;
}

const toConfig = (file: z.output<typeof File>): LlamaConfig => ({
  vocabSize: file.vocab_size,
  hiddenSize: file.hidden_size,
  intermediateSize: file.intermediate_size,
  numHiddenLayers: file.num_hidden_layers,
  numAttentionHeads: file.num_attention_heads,
  numKeyValueHeads: file.num_key_value_heads ?? file.num_attention_heads,
  headDim: file.head_dim ?? file.hidden_size / file.num_attention_heads,
  maxPositionEmbeddings: file.max_position_embeddings,
  initializerRange: file.initializer_range,
  rmsNormEps: file.rms_norm_eps,
  tieWordEmbeddings: file.tie_word_embeddings,
  attentionBias: file.attention_bias,
  attentionDropout: file.attention_dropout,
  mlpBias: file.mlp_bias,
  rope: toRope(file),
});

export const llamaDimensions = z.strictObject({
  hiddenSize: count.optional(),
  intermediateSize: count.optional(),
  numHiddenLayers: count.optional(),
  numAttentionHeads: count.optional(),
  numKeyValueHeads: count.optional(),
  headDim: count.optional(),
  ropeTheta: positive.optional(),
  tieWordEmbeddings: z.boolean().optional(),
  attentionBias: z.boolean().optional(),
  mlpBias: z.boolean().optional(),
  attentionDropout: probability.optional(),
  rmsNormEps: positive.optional(),
  initializerRange: positive.optional(),
});

const sized = (layers: number, width: number, inner: number, heads: number, keyValueHeads: number) => ({
  hiddenSize: width,
  intermediateSize: inner,
  numHiddenLayers: layers,
  numAttentionHeads: heads,
  numKeyValueHeads: keyValueHeads,
  tieWordEmbeddings: true,
  rmsNormEps: 1e-5,
});

export const llamaSpec: FamilySpec<LlamaConfig> = {
  name: "llama",
  title: "LLaMA",
  modelTypes: ["llama"],
  precisions,
  /** `tiny` is for laptops and tests, `mini` to `small` are the sizes of llama2.c's stories, `1b` is Llama 3.2's. */
  sizes: {
    tiny: sized(4, 256, 704, 4, 2),
    mini: sized(6, 288, 768, 6, 6),
    base: sized(8, 512, 1376, 8, 8),
    small: sized(12, 768, 2048, 12, 12),
    "1b": { ...sized(16, 2048, 8192, 32, 8), ropeTheta: 500_000 },
  },
  dimensions: llamaDimensions,
  dropouts: ["attentionDropout"],
  contextName: "maxPositionEmbeddings",
  file: File.superRefine((f, ctx) => {
    const heads: [string, number] = ["num_attention_heads", f.num_attention_heads];
    const kv = f.num_key_value_heads ?? f.num_attention_heads;
    ctx.issues.push(
      ...divisible(["hidden_size", f.hidden_size], heads, "so the heads cannot share it"),
      ...divisible(heads, ["num_key_value_heads", kv], "so they cannot share the keys"),
      ...divisible(
        ["head_dim", f.head_dim ?? f.hidden_size / f.num_attention_heads],
        [null, 2],
        "as pairs that positions turn",
      ),
    );
  }).transform((file) => ({ config: toConfig(file), specials: toSpecials(file) })),
  toFile: ({ rope, ...config }) => ({
    architectures: ["LlamaForCausalLM"],
    model_type: "llama",
    ...snakeKeys(config),
    ...ropeToFile(rope),
    hidden_act: "silu",
    pretraining_tp: 1,
  }),
  outline: (c) => ({
    layers: c.numHiddenLayers,
    width: c.hiddenSize,
    heads: c.numAttentionHeads,
    vocabSize: c.vocabSize,
    contextLength: reach(c.rope, c.maxPositionEmbeddings),
  }),
};

/** What is known of a config; what is undefined counts as absent. */
export type KnownLlamaConfig = z.input<typeof llamaDimensions> & {
  readonly vocabSize?: number;
  readonly maxPositionEmbeddings?: number;
  readonly ropeScaling?: object;
};

/** A config from what is known of it; the rest is as transformers has it. Refuses dimensions that no model can have. */
export const llamaConfig = (known: KnownLlamaConfig): LlamaConfig => configOf(llamaSpec, known);
