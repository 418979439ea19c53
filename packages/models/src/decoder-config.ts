import { z } from "zod";
import { count, dimensionsOf, divisible, heads, layers, only, positive, probability, width } from "./config-schema.js";
import type { Outline } from "./family.js";
import { reach, ropeFields, toRope, type Rope } from "./rope-config.js";

// Common fields of the `config.json` files of LLaMA and its descendants.

/** Dimensions and rates by Hugging Face's names in camelCase; what is absent has the default it has there in LLaMA. */
const Config = z.object({
  vocabSize: count.default(32000),
  hiddenSize: width.default(4096),
  intermediateSize: width.default(11008),
  numHiddenLayers: layers.default(32),
  numAttentionHeads: heads.default(32),
  numKeyValueHeads: heads,
  headDim: width,
  maxPositionEmbeddings: count.default(2048),
  initializerRange: positive.default(0.02),
  rmsNormEps: positive.default(1e-6),
  tieWordEmbeddings: z.boolean().default(false),
  /** Biases of all four projections. */
  attentionBias: z.boolean().default(false),
  attentionDropout: probability.default(0),
  /** Logits z become cap tanh(z / cap), as Gemma 2 has it; absent: they do not. */
  finalLogitSoftcapping: positive.optional(),
});

export type DecoderConfig = Readonly<z.output<typeof Config>> & { readonly rope: Rope };

export const DecoderFile = Config.extend({
  numKeyValueHeads: heads.nullish(),
  headDim: width.nullish(),
  finalLogitSoftcapping: positive.nullish(),
  hiddenAct: only("silu"),
  ...ropeFields,
});
type DecoderFile = Omit<z.output<typeof DecoderFile>, "headDim" | "attentionBias">; // which not all have

const keyValueHeads = (file: DecoderFile) => file.numKeyValueHeads ?? file.numAttentionHeads;

export const toDecoder = (file: DecoderFile, headDim: number): DecoderConfig => ({
  ...Config.parse({
    ...file,
    numKeyValueHeads: keyValueHeads(file),
    headDim,
    finalLogitSoftcapping: file.finalLogitSoftcapping ?? undefined,
  }),
  rope: toRope(file),
});

/** Contradictions in a decoder's dimensions; heads that share its width must divide it. */
export function headIssues(file: DecoderFile, headDim: number, shareWidth: boolean) {
  const attention: [string, number] = ["num_attention_heads", file.numAttentionHeads];
  return [
    ...(shareWidth ? divisible(["hidden_size", file.hiddenSize], attention, "so the heads cannot share it") : []),
    ...divisible(attention, ["num_key_value_heads", keyValueHeads(file)], "so they cannot share the keys"),
    ...divisible(["head_dim", headDim], [null, 2], "as pairs that positions turn"),
  ];
}

export const decoderDimensions = dimensionsOf(
  DecoderFile.pick({
    hiddenSize: true,
    intermediateSize: true,
    numHiddenLayers: true,
    numAttentionHeads: true,
    numKeyValueHeads: true,
    headDim: true,
    ropeTheta: true,
    tieWordEmbeddings: true,
    attentionBias: true,
    attentionDropout: true,
    rmsNormEps: true,
    initializerRange: true,
    finalLogitSoftcapping: true,
  }),
);

/** The known part of a config; undefined counts as absent. */
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
