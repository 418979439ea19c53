import { z } from "zod";
import { ModelError } from "./errors.js";

const size = z.int().positive();
const probability = z.number().min(0).lt(1);

/** The one value of a switch that is implemented; any other changes what the model computes. */
const only = <T extends boolean | string | null>(value: T) => z.literal(value).default(value);

/** A GPT-2's `config.json`, as Hugging Face writes it. What is absent has the default it has there. */
export const Gpt2ConfigFile = z.object({
  model_type: z.literal("gpt2"),
  vocab_size: size.default(50257),
  n_positions: size.default(1024),
  n_embd: size.default(768),
  n_layer: size.default(12),
  n_head: size.default(12),
  n_inner: size.nullable().default(null),
  activation_function: z.enum(["gelu_new", "gelu_pytorch_tanh", "gelu"]).default("gelu_new"),
  embd_pdrop: probability.default(0.1),
  attn_pdrop: probability.default(0.1),
  resid_pdrop: probability.default(0.1),
  layer_norm_epsilon: z.number().positive().default(1e-5),
  initializer_range: z.number().positive().default(0.02),
  scale_attn_weights: only(true),
  scale_attn_by_inverse_layer_idx: only(false),
  add_cross_attention: only(false),
  tie_word_embeddings: only(true),
  bos_token_id: z.int().nonnegative().nullable().default(50256),
  eos_token_id: z.int().nonnegative().nullable().default(50256),
  pad_token_id: z.int().nonnegative().nullable().default(null),
});
export type Gpt2ConfigFile = z.infer<typeof Gpt2ConfigFile>;

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

/** What is known of a config; what is undefined counts as absent. */
export type KnownGpt2Config = { readonly [Key in keyof Gpt2Config]?: Gpt2Config[Key] | undefined };

/** A config from what is known of it; the rest is GPT-2's. Refuses dimensions that no model can have. */
export function gpt2Config(known: KnownGpt2Config): Gpt2Config {
  const { vocabSize, nPositions, nEmbd, nLayer, nHead, nInner } = known;
  const { activationFunction, embdPdrop, attnPdrop, residPdrop, layerNormEpsilon, initializerRange } = known;
  return parseGpt2Config(
    {
      model_type: "gpt2",
      vocab_size: vocabSize,
      n_positions: nPositions,
      n_embd: nEmbd,
      n_layer: nLayer,
      n_head: nHead,
      n_inner: nInner,
      activation_function: activationFunction,
      embd_pdrop: embdPdrop,
      attn_pdrop: attnPdrop,
      resid_pdrop: residPdrop,
      layer_norm_epsilon: layerNormEpsilon,
      initializer_range: initializerRange,
    },
    "the model's dimensions",
  ).config;
}

export interface ParsedGpt2Config {
  readonly config: Gpt2Config;
  readonly file: Gpt2ConfigFile;
}

/** Reads a `config.json`'s value; every value that is wrong or not implemented is named, with what would be right. */
export function parseGpt2Config(value: unknown, where: string): ParsedGpt2Config {
  const parsed = Gpt2ConfigFile.safeParse(value);
  if (!parsed.success) {
    const wrong = parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; ");
    throw new ModelError("MODEL_INCOMPATIBLE", `${where}: not a GPT-2 that can be built (${wrong})`);
  }
  const file = parsed.data;
  if (file.n_embd % file.n_head !== 0) {
    throw new ModelError(
      "MODEL_INCOMPATIBLE",
      `${where}: n_embd ${file.n_embd} is not a multiple of n_head ${file.n_head}, so the heads cannot share it`,
    );
  }
  const config: Gpt2Config = {
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
  };
  return { config, file };
}

export interface SpecialIds {
  readonly bosTokenId: number | null;
  readonly eosTokenId: number | null;
  readonly padTokenId: number | null;
}

/** The `config.json` that transformers reads as this model. */
export const toGpt2ConfigFile = (c: Gpt2Config, ids: SpecialIds) => ({
  architectures: ["GPT2LMHeadModel"],
  model_type: "gpt2",
  vocab_size: c.vocabSize,
  n_positions: c.nPositions,
  n_embd: c.nEmbd,
  n_layer: c.nLayer,
  n_head: c.nHead,
  n_inner: c.nInner,
  activation_function: c.activationFunction,
  embd_pdrop: c.embdPdrop,
  attn_pdrop: c.attnPdrop,
  resid_pdrop: c.residPdrop,
  layer_norm_epsilon: c.layerNormEpsilon,
  initializer_range: c.initializerRange,
  scale_attn_weights: true,
  scale_attn_by_inverse_layer_idx: false,
  reorder_and_upcast_attn: false,
  tie_word_embeddings: true,
  use_cache: true,
  bos_token_id: ids.bosTokenId,
  eos_token_id: ids.eosTokenId,
  pad_token_id: ids.padTokenId,
  dtype: "float32",
});
