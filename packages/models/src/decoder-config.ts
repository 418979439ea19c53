import { z } from "zod";
import { count, divisible, heads, layers, only, positive, probability, width } from "./config-schema.js";
import type { Outline } from "./family.js";
import { reach, ropeFields, toRope, type Rope } from "./rope-config.js";

// What the `config.json` files of LLaMA and of what descends from it have in common.

/** Fields by Hugging Face's names; what is absent has the default it has there, in some of them the family's. */
export const decoderFields = (defaults: { vocabSize: number; intermediateSize: number; maxPositions: number }) => ({
  vocab_size: count.default(defaults.vocabSize),
  hidden_size: width.default(4096),
  intermediate_size: width.default(defaults.intermediateSize),
  num_hidden_layers: layers.default(32),
  num_attention_heads: heads.default(32),
  hidden_act: only("silu"),
  max_position_embeddings: count.default(defaults.maxPositions),
  initializer_range: positive.default(0.02),
  rms_norm_eps: positive.default(1e-6),
  tie_word_embeddings: z.boolean().default(false),
  attention_dropout: probability.default(0),
  ...ropeFields,
});
type DecoderFields = z.output<z.ZodObject<ReturnType<typeof decoderFields>>>;
type DecoderFile = DecoderFields & { readonly num_key_value_heads?: number | null | undefined };

/** The dimensions of a decoder, by Hugging Face's names in camelCase. */
export interface DecoderConfig {
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
  /** On all four projections. */
  readonly attentionBias: boolean;
  readonly attentionDropout: number;
  readonly rope: Rope;
}

const keyValueHeads = (file: DecoderFile) => file.num_key_value_heads ?? file.num_attention_heads;

export const toDecoder = (file: DecoderFile, headDim: number, attentionBias: boolean): DecoderConfig => ({
  vocabSize: file.vocab_size,
  hiddenSize: file.hidden_size,
  intermediateSize: file.intermediate_size,
  numHiddenLayers: file.num_hidden_layers,
  numAttentionHeads: file.num_attention_heads,
  numKeyValueHeads: keyValueHeads(file),
  headDim,
  maxPositionEmbeddings: file.max_position_embeddings,
  initializerRange: file.initializer_range,
  rmsNormEps: file.rms_norm_eps,
  tieWordEmbeddings: file.tie_word_embeddings,
  attentionBias,
  attentionDropout: file.attention_dropout,
  rope: toRope(file),
});

/** What of a decoder's dimensions does not go together; heads that share its width must divide it. */
export function headIssues(file: DecoderFile, headDim: number, shareWidth: boolean) {
  const attention: [string, number] = ["num_attention_heads", file.num_attention_heads];
  return [
    ...(shareWidth ? divisible(["hidden_size", file.hidden_size], attention, "so the heads cannot share it") : []),
    ...divisible(attention, ["num_key_value_heads", keyValueHeads(file)], "so they cannot share the keys"),
    ...divisible(["head_dim", headDim], [null, 2], "as pairs that positions turn"),
  ];
}

export const decoderDimensions = z.strictObject({
  hiddenSize: width.optional(),
  intermediateSize: width.optional(),
  numHiddenLayers: layers.optional(),
  numAttentionHeads: heads.optional(),
  numKeyValueHeads: heads.optional(),
  headDim: width.optional(),
  ropeTheta: positive.optional(),
  tieWordEmbeddings: z.boolean().optional(),
  attentionBias: z.boolean().optional(),
  attentionDropout: probability.optional(),
  rmsNormEps: positive.optional(),
  initializerRange: positive.optional(),
});

/** What is known of a config; what is undefined counts as absent. */
export type KnownDecoderConfig = z.input<typeof decoderDimensions> & {
  readonly vocabSize?: number;
  readonly maxPositionEmbeddings?: number;
  readonly ropeScaling?: object;
};

/** The dimensions of a size; its head is the embedding. */
export const sized = (depth: number, hidden: number, inner: number, attention: number, keyValueHeads: number) => ({
  hiddenSize: hidden,
  intermediateSize: inner,
  numHiddenLayers: depth,
  numAttentionHeads: attention,
  numKeyValueHeads: keyValueHeads,
  tieWordEmbeddings: true,
});

export const outlineOf = (c: DecoderConfig): Outline => ({
  layers: c.numHiddenLayers,
  width: c.hiddenSize,
  heads: c.numAttentionHeads,
  vocabSize: c.vocabSize,
  contextLength: reach(c.rope, c.maxPositionEmbeddings),
});
