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

const fields = {
  vocab_size: count.default(151936),
  hidden_size: count.default(4096),
  intermediate_size: count.default(22016),
  num_hidden_layers: count.default(32),
  num_attention_heads: count.default(32),
  num_key_value_heads: count.nullable().default(32),
  hidden_act: only("silu"),
  max_position_embeddings: count.default(32768),
  initializer_range: positive.default(0.02),
  rms_norm_eps: positive.default(1e-6),
  tie_word_embeddings: z.boolean().default(false),
  attention_dropout: probability.default(0),
  use_sliding_window: only(false),
  ...ropeFields,
  ...specialFields(null, null),
};

/** A Qwen's `config.json`, as Hugging Face writes it. What is absent has the default it has there. */
const File = z.discriminatedUnion("model_type", [
  z.object({ model_type: z.literal("qwen2"), ...fields }),
  z.object({
    model_type: z.literal("qwen3"),
    ...fields,
    head_dim: count.default(128),
    attention_bias: z.boolean().default(false),
  }),
]);
type File = z.output<typeof File>;

/** The dimensions of a Qwen, by Hugging Face's names in camelCase. */
export interface QwenConfig {
  /** Of Qwen2 and 2.5, queries, keys and values have a bias; of Qwen3, queries and keys are normed. */
  readonly modelType: "qwen2" | "qwen3";
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
  readonly attentionDropout: number;
  /** Of Qwen3 alone, on all four projections. */
  readonly attentionBias: boolean;
  readonly rope: Rope;
}

const headDimOf = (file: File) =>
  file.model_type === "qwen3" ? file.head_dim : file.hidden_size / file.num_attention_heads;

const toConfig = (file: File): QwenConfig => ({
  modelType: file.model_type,
  vocabSize: file.vocab_size,
  hiddenSize: file.hidden_size,
  intermediateSize: file.intermediate_size,
  numHiddenLayers: file.num_hidden_layers,
  numAttentionHeads: file.num_attention_heads,
  numKeyValueHeads: file.num_key_value_heads ?? file.num_attention_heads,
  headDim: headDimOf(file),
  maxPositionEmbeddings: file.max_position_embeddings,
  initializerRange: file.initializer_range,
  rmsNormEps: file.rms_norm_eps,
  tieWordEmbeddings: file.tie_word_embeddings,
  attentionDropout: file.attention_dropout,
  attentionBias: file.model_type === "qwen3" && file.attention_bias,
  rope: toRope(file),
});

export const qwenDimensions = z.strictObject({
  hiddenSize: count.optional(),
  intermediateSize: count.optional(),
  numHiddenLayers: count.optional(),
  numAttentionHeads: count.optional(),
  numKeyValueHeads: count.optional(),
  headDim: count.optional(),
  ropeTheta: positive.optional(),
  tieWordEmbeddings: z.boolean().optional(),
  attentionBias: z.boolean().optional(),
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
});
const long = { ropeTheta: 1_000_000 };

export const qwenSpec: FamilySpec<QwenConfig> = {
  name: "qwen",
  title: "Qwen",
  /** A new model is a Qwen3: its norms keep attention's scores in bounds, so that training bears higher rates. */
  modelTypes: ["qwen3", "qwen2"],
  precisions,
  /** `tiny` and `small` are for own text; `0.6b` and `1.7b` are Qwen3's, `0.5b` and `1.5b` Qwen2.5's. */
  sizes: {
    tiny: { ...sized(4, 256, 768, 4, 2), headDim: 64 },
    small: { ...sized(12, 768, 2048, 12, 4), headDim: 64 },
    "0.5b": { modelType: "qwen2", ...sized(24, 896, 4864, 14, 2), ...long },
    "0.6b": { ...sized(28, 1024, 3072, 16, 8), headDim: 128, ...long },
    "1.5b": { modelType: "qwen2", ...sized(28, 1536, 8960, 12, 2), ...long },
    "1.7b": { ...sized(28, 2048, 6144, 16, 8), headDim: 128, ...long },
  },
  dimensions: qwenDimensions,
  dropouts: ["attentionDropout"],
  contextName: "maxPositionEmbeddings",
  file: File.superRefine((f, ctx) => {
    const heads: [string, number] = ["num_attention_heads", f.num_attention_heads];
    const kv = f.num_key_value_heads ?? f.num_attention_heads;
    if (f.model_type === "qwen2")
      ctx.issues.push(...divisible(["hidden_size", f.hidden_size], heads, "so the heads cannot share it"));
    ctx.issues.push(
      ...divisible(heads, ["num_key_value_heads", kv], "so they cannot share the keys"),
      ...divisible(["head_dim", headDimOf(f)], [null, 2], "as pairs that positions turn"),
    );
  }).transform((file) => ({ config: toConfig(file), specials: toSpecials(file) })),
  toFile: ({ rope, modelType, headDim, attentionBias, ...config }) => ({
    architectures: [modelType === "qwen3" ? "Qwen3ForCausalLM" : "Qwen2ForCausalLM"],
    model_type: modelType,
    ...snakeKeys(config),
    ...ropeToFile(rope),
    ...(modelType === "qwen3" ? { head_dim: headDim, attention_bias: attentionBias } : {}),
    hidden_act: "silu",
    use_sliding_window: false,
    sliding_window: null,
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
export type KnownQwenConfig = z.input<typeof qwenDimensions> & {
  readonly modelType?: "qwen2" | "qwen3";
  readonly vocabSize?: number;
  readonly maxPositionEmbeddings?: number;
  readonly ropeScaling?: object;
};

/** A config from what is known of it; the rest is as transformers has it. Refuses dimensions that no model can have. */
export const qwenConfig = (known: KnownQwenConfig): QwenConfig => configOf(qwenSpec, known);
