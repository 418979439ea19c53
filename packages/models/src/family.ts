import type { Params, QuantizedWeight, Tape, Tensor } from "@trainer/torch";
import type { z } from "zod";
import type { Cache } from "./cache.js";
import type { KvPages } from "./kv-pages.js";
import type { Documents } from "./documents.js";

/** tf32: weights and sums in float32, products on a GPU by its TF32 units. */
export const precisions = ["fp32", "fp16", "bf16", "tf32"] as const;
export type Precision = (typeof precisions)[number];

/** Dimensions and rates by their names in a family's config. */
export type Dimensions = Readonly<Record<string, unknown>>;

export interface SpecialIds {
  readonly bosTokenId: number | null;
  readonly eosTokenId: number | null;
  readonly padTokenId: number | null;
}

export interface ParsedConfig<Config> {
  readonly config: Config;
  readonly specials: SpecialIds;
}

/** Properties common to all families. */
export interface Outline {
  readonly layers: number;
  readonly width: number;
  /** Null without attention. */
  readonly heads: number | null;
  readonly vocabSize: number;
  /** The most tokens it reads at a time. */
  readonly contextLength: number;
}

/** Properties of a family and the reader of its `config.json`: all that needs no native code. */
export interface FamilySpec<Config extends object> {
  /** Name in requests. */
  readonly name: string;
  readonly title: string;
  /** `model_type`s of the `config.json` files that it reads; a new model gets the first, unless its size names one. */
  readonly modelTypes: readonly [string, ...string[]];
  readonly precisions: readonly Precision[];
  readonly sizes: Readonly<Record<string, Dimensions>>;
  /** Dimensions that may be set in place of a size's. */
  readonly dimensions: z.ZodObject<Readonly<Record<string, z.ZodType>>>;
  /** Those of them that one rate for all dropout sets. */
  readonly dropouts: readonly string[];
  /** The kind of tokenizer that suits it, if one is trained with it; bpe by default. */
  readonly tokenizer?: string;
  /** Its config's name of the context length. */
  readonly contextName: string;
  /** The fields of `config.json`, their names in camelCase -> the config, with the defaults that absent ones have. */
  readonly file: z.ZodType<ParsedConfig<Config>>;
  /** The `config.json` that transformers reads as this model, but for the ids of special tokens. */
  toFile(config: Config): Record<string, unknown>;
  outline(config: Config): Outline;
  /** True if a file without `model_type` is of this family. */
  recognises?(file: object): boolean;
}

/** Mode of a forward pass. */
export interface Forward {
  /** Dropout is on. */
  readonly training: boolean;
  /** For generation: the tokens follow the `cache.length` that were read before, and are added to them. */
  readonly cache?: Cache;
  /** Keeps documents that share a sequence apart; without it a sequence is one text. Not with a cache. */
  readonly documents?: Documents | undefined;
  /** Drops the activations of each block and makes them again for the gradient; without it they are kept. */
  readonly tape?: Tape | undefined;
}

export interface CacheOptions {
  /** Sequences may differ in length: each is copied into the cache, and one token of each is read at a time. */
  readonly ragged?: boolean;
}

/** A family's network: token ids in, hidden states out; the head turns these into logits. */
export interface Network {
  /** Rows of the embedding and of the head. */
  readonly vocabSize: number;
  /** The most tokens it reads at a time. */
  readonly contextLength: number;
  /** (V, C): the output projection, apart so that the loss can fuse it with cross entropy and never hold (B, T, V). */
  readonly head: Tensor;
  /** Replaces the head of a quantized model: `head` then has its bare numbers. */
  readonly quantizedHead?: QuantizedWeight;
  /** True if a device can record a training step: nothing in it reads back to the host. */
  readonly recordable?: boolean;
  /** (V): what the head adds, or null. */
  readonly headBias: Tensor | null;
  /** Logits z become softcap tanh(z / softcap), where there is one. */
  readonly softcap?: number | undefined;
  /** ids (B, T) int64 -> (B, T, C), after the final norm. */
  hidden(ids: Tensor, ctx: Forward): Tensor;
  /**
   * One token more of each of a cache's sequences, on the CPU without gradients: their ids -> logits (B, V). Null where
   * `hidden` and the head are to do it, and nothing read.
   */
  next?(ids: readonly number[], cache: Cache): Tensor | null;
  /** A cache for `batch` sequences of up to `capacity` tokens (contextLength by default). */
  newCache(batch: number, capacity?: number, options?: CacheOptions): Cache;
  /** Pages that sequences of any lengths lie in; null, or absent, where there are none. */
  newPages?(): KvPages | null;
  /** True if its caches may hold sequences of different lengths; false by default. */
  readonly ragged?: boolean;
}

/** A head that is the embedding: files may hold it once or twice. */
export interface Tied {
  readonly embedding: string;
  readonly head: string;
}

/** A family of models, whole: one object, registered by one line. */
export interface Family<Config extends object> extends FamilySpec<Config> {
  /** Makes the parameters, initialized as in the paper and named as they are stored, and the network over them. */
  network(params: Params, config: Config): Network;
  /** Parameter name of a stored tensor; null if it is no parameter. */
  parameterName(stored: string): string | null;
  /** Null where head and embedding are two tensors. */
  tied(config: Config): Tied | null;
}
