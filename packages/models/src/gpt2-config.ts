import { z } from "zod";
import {
  count,
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
import { configOf } from "./new-config.js";

/** A GPT-2's `config.json`, as Hugging Face writes it. What is absent has the default it has there. */
const File = z.object({
  model_type: z.literal("gpt2"),
  vocab_size: count.default(50257),
  n_positions: count.default(1024),
  n_embd: width.default(768),
  n_layer: layers.default(12),
  n_head: heads.default(12),
  n_inner: width.nullable().default(null),
  activation_function: z.enum(["gelu_new", "gelu_pytorch_tanh", "gelu"]).default("gelu_new"),
  embd_pdrop: probability.default(0.1),
  attn_pdrop: probability.default(0.1),
  resid_pdrop: probability.default(0.1),
  layer_norm_epsilon: positive.default(1e-5),
  initializer_range: positive.default(0.02),
  scale_attn_weights: only(true),
  scale_attn_by_inverse_layer_idx: only(false),
  add_cross_attention: only(false),
  tie_word_embeddings: only(true),
  ...specialFields(50256, 50256),
});

/** The dimensions and rates of a GPT-2, by Hugging Face's names in camelCase. */
export interface Gpt2Config {
  readonly vocabSize: number;
  /** The longest sequence there are positions for. */
  readonly nPositions: number;
  readonly nEmbd: number;
  readonly nLayer: number;
  readonly nHead: number;
  /** Width inside the feed-forward layer; null: 4 · nEmbd. */
  readonly nInner: number | null;
  readonly activationFunction: "gelu_new" | "gelu_pytorch_tanh" | "gelu";
  readonly embdPdrop: number;
  readonly attnPdrop: number;
  readonly residPdrop: number;
  readonly layerNormEpsilon: number;
  readonly initializerRange: number;
}

const toConfig = (file: z.output<typeof File>): Gpt2Config => ({
  vocabSize: file.vocab_size,
  nPositions: file.n_positions,
  nEmbd: file.n_embd,
  nLayer: file.n_layer,
  nHead: file.n_head,
  nInner: file.n_inner,
  activationFunction: file.activation_function,
  embdPdrop: file.embd_pdrop,
  attnPdrop: file.attn_pdrop,
  residPdrop: file.resid_pdrop,
  layerNormEpsilon: file.layer_norm_epsilon,
  initializerRange: file.initializer_range,
});

export const gpt2Dimensions = z.strictObject({
  nLayer: layers.optional(),
  nEmbd: width.optional(),
  nHead: heads.optional(),
  nInner: width.optional(),
  embdPdrop: probability.optional(),
  attnPdrop: probability.optional(),
  residPdrop: probability.optional(),
  layerNormEpsilon: positive.optional(),
  initializerRange: positive.optional(),
});

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
    ctx.issues.push(...divisible(["n_embd", f.n_embd], ["n_head", f.n_head], "so the heads cannot share it"));
  }).transform((file) => ({ config: toConfig(file), specials: toSpecials(file) })),
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

/** What is known of a config; what is undefined counts as absent. */
export type KnownGpt2Config = { readonly [Key in keyof Gpt2Config]?: Gpt2Config[Key] | undefined };

/** A config from what is known of it; the rest is GPT-2's. Refuses dimensions that no model can have. */
export const gpt2Config = (known: KnownGpt2Config): Gpt2Config => configOf(gpt2Spec, known);
