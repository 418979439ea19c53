import { z } from "zod";
import {
  count,
  dimensionsOf,
  divisible,
  heads,
  layers,
  only,
  positive,
  probability,
  snakeKeys,
  specialFields,
  toSpecials,
  width,
} from "./config-schema.js";
import { precisions, type FamilySpec } from "./family.js";
import { configOf, type Known } from "./new-config.js";

/** The dimensions and rates of a GPT-2, by Hugging Face's names in camelCase. Absent fields have their defaults there. */
const Config = z.object({
  vocabSize: count.default(50257),
  /** The longest sequence there are positions for. */
  nPositions: count.default(1024),
  nEmbd: width.default(768),
  nLayer: layers.default(12),
  nHead: heads.default(12),
  /** Width inside the feed-forward layer; null: 4 · nEmbd. */
  nInner: width.nullable().default(null),
  activationFunction: z.enum(["gelu_new", "gelu_pytorch_tanh", "gelu"]).default("gelu_new"),
  embdPdrop: probability.default(0.1),
  attnPdrop: probability.default(0.1),
  residPdrop: probability.default(0.1),
  layerNormEpsilon: positive.default(1e-5),
  initializerRange: positive.default(0.02),
});
export type Gpt2Config = Readonly<z.output<typeof Config>>;
export type KnownGpt2Config = Known<Gpt2Config>;

const File = Config.extend({
  modelType: z.literal("gpt2"),
  scaleAttnWeights: only(true),
  scaleAttnByInverseLayerIdx: only(false),
  addCrossAttention: only(false),
  tieWordEmbeddings: only(true),
  ...specialFields(50256, 50256),
});

export const gpt2Dimensions = dimensionsOf(
  Config.pick({
    nLayer: true,
    nEmbd: true,
    nHead: true,
    nInner: true,
    embdPdrop: true,
    attnPdrop: true,
    residPdrop: true,
    layerNormEpsilon: true,
    initializerRange: true,
  }),
);

export const gpt2Spec: FamilySpec<Gpt2Config> = {
  name: "gpt2",
  title: "GPT-2",
  modelTypes: ["gpt2"],
  precisions,
  /** Widths and depths after Radford et al. 2019, table 2; `tiny` is for laptops and tests. */
  sizes: {
    tiny: { nLayer: 4, nEmbd: 256, nHead: 4 },
    small: { nLayer: 12, nEmbd: 768, nHead: 12 },
    medium: { nLayer: 24, nEmbd: 1024, nHead: 16 },
    large: { nLayer: 36, nEmbd: 1280, nHead: 20 },
    xl: { nLayer: 48, nEmbd: 1600, nHead: 25 },
  },
  dimensions: gpt2Dimensions,
  dropouts: ["embdPdrop", "attnPdrop", "residPdrop"],
  contextName: "nPositions",
  file: File.superRefine((f, ctx) => {
    ctx.issues.push(...divisible(["n_embd", f.nEmbd], ["n_head", f.nHead], "so the heads cannot share it"));
  }).transform((file) => ({ config: Config.parse(file), specials: toSpecials(file) })),
  toFile: (config) => ({
    architectures: ["GPT2LMHeadModel"],
    model_type: "gpt2",
    ...snakeKeys(config),
    n_ctx: config.nPositions, // its older name, which converters still read
    scale_attn_weights: true,
    scale_attn_by_inverse_layer_idx: false,
    reorder_and_upcast_attn: false,
    tie_word_embeddings: true,
  }),
  outline: (c) => ({
    layers: c.nLayer,
    width: c.nEmbd,
    heads: c.nHead,
    vocabSize: c.vocabSize,
    contextLength: c.nPositions,
  }),
};

/** A config from what is known of it; the rest is GPT-2's. Refuses dimensions that no model can have. */
export const gpt2Config = (known: KnownGpt2Config): Gpt2Config => configOf(gpt2Spec, known);
