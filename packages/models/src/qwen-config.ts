import { z } from "zod";
import { count, heads, only, snakeKeys, specialFields, toSpecials, width } from "./config-schema.js";
import {
  decoderDimensions,
  DecoderFile,
  headIssues,
  outlineOf,
  sized,
  toDecoder,
  type DecoderConfig,
  type KnownDecoderConfig,
} from "./decoder-config.js";
import { precisions, type FamilySpec } from "./family.js";
import { configOf } from "./new-config.js";
import { ropeToFile } from "./rope-config.js";

/** Absent fields have the defaults of transformers' Qwens. */
const fields = DecoderFile.extend({
  vocabSize: count.default(151936),
  intermediateSize: width.default(22016),
  maxPositionEmbeddings: count.default(32768),
  numKeyValueHeads: heads.nullable().default(32),
  useSlidingWindow: only(false),
  ...specialFields(null, null),
});

/** In Qwen2 and 2.5 queries, keys and values have a bias; in Qwen3 queries and keys are normed. */
const File = z.discriminatedUnion("modelType", [
  fields.omit({ headDim: true, attentionBias: true }).extend({ modelType: z.literal("qwen2") }),
  fields.extend({ modelType: z.literal("qwen3"), headDim: width.default(128) }),
]);
type File = z.output<typeof File>;

/** `attentionBias` is of Qwen3 alone. */
export type QwenConfig = DecoderConfig & Readonly<Pick<File, "modelType">>;

const headDimOf = (file: File) =>
  file.modelType === "qwen3" ? file.headDim : file.hiddenSize / file.numAttentionHeads;

const toConfig = (file: File): QwenConfig => ({
  modelType: file.modelType,
  ...toDecoder(file, headDimOf(file)),
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
  dimensions: decoderDimensions,
  dropouts: ["attentionDropout"],
  contextName: "maxPositionEmbeddings",
  file: File.superRefine((file, ctx) => {
    ctx.issues.push(...headIssues(file, headDimOf(file), file.modelType === "qwen2"));
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
  outline: outlineOf,
};

export type KnownQwenConfig = KnownDecoderConfig & { readonly modelType?: "qwen2" | "qwen3" };

/** A config from what is known of it; the rest is as transformers has it. Refuses dimensions that no model can have. */
export const qwenConfig = (known: KnownQwenConfig): QwenConfig => configOf(qwenSpec, known);
