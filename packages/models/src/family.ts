import type { Params, QuantizedWeight, Tape, Tensor } from "@trainer/torch";
import type { z } from "zod";
import type { Cache } from "./cache.js";
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

/** What every family has some of. */
export interface Outline {
  readonly layers: number;
  readonly width: number;
  /** Null without attention. */
  readonly heads: number | null;
  readonly vocabSize: number;
  /** The most tokens it reads at a time. */
  readonly contextLength: number;
}

/** What a family can be asked for and how its `config.json` is read: all that needs no native code. */
export interface FamilySpec<Config extends object> {
  /** By which it is asked for. */
  readonly name: string;
  readonly title: string;
  /** What the `config.json` files that it reads call themselves; a new model's is the first, unless its size says. */
  readonly modelTypes: readonly [string, ...string[]];
  readonly precisions: readonly Precision[];
  readonly sizes: Readonly<Record<string, Dimensions>>;
  /** What may be chosen in place of a size's. */
  readonly dimensions: z.ZodObject<Readonly<Record<string, z.ZodType>>>;
  /** Those of them that one rate for all dropout sets. */
  readonly dropouts: readonly string[];
  /** How a tokenizer that suits it cuts a text, where one is to be trained with it; bpe unless it says. */
  readonly tokenizer?: string;
  /** What its config calls the most tokens that it reads. */
  readonly contextName: string;
  /** The fields of `config.json`, their names in camelCase -> the config, with the defaults that absent ones have. */
  readonly file: z.ZodType<ParsedConfig<Config>>;
  /** The `config.json` that transformers reads as this model, but for the ids of special tokens. */
  toFile(config: Config): Record<string, unknown>;
  outline(config: Config): Outline;
  /** Whether a file that does not say its `model_type` is of this family. */
  recognises?(file: object): boolean;
}

/** How a forward pass is meant. */
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

/** What a family makes of parameters and a config: token ids in, hidden states out; the head turns these into logits. */
export interface Network {
  /** Rows of the embedding and of the head. */
  readonly vocabSize: number;
  /** The most tokens it reads at a time. */
  readonly contextLength: number;
  /** (V, C): the output projection, apart so that the loss can fuse it with cross entropy and never hold (B, T, V). */
  readonly head: Tensor;
  /** What is used in the head's place where weights are quantized: `head` then has its bare numbers. */
  readonly quantizedHead?: QuantizedWeight;
  /** Whether a device can record a training step: nothing in it asks the host. */
  readonly recordable?: boolean;
  /** (V): what the head adds, or null. */
  readonly headBias: Tensor | null;
  /** ids (B, T) int64 -> (B, T, C), after the final norm. */
  hidden(ids: Tensor, ctx: Forward): Tensor;
  /**
   * One token more of each of a cache's sequences, on the CPU without gradients: their ids -> logits (B, V). Null where
   * `hidden` and the head are to do it, and nothing read.
   */
  next?(ids: readonly number[], cache: Cache): Tensor | null;
  /** What it has to remember of `batch` sequences of up to `capacity` tokens (contextLength unless given). */
  newCache(batch: number, capacity?: number, options?: CacheOptions): Cache;
  /** Whether it makes caches of sequences that differ in length; false unless it says. */
  readonly ragged?: boolean;
}

/** A head that is the embedding: files may hold it once or twice. */
export interface Tied {
  readonly embedding: string;
  readonly head: string;
}

/** A family of models, whole: one object, registered by one line. */
export interface Family<Config extends object> extends FamilySpec<Config> {
  /** Makes the parameters, drawn as the paper says and named as they are stored, and the network over them. */
  network(params: Params, config: Config): Network;
  /** What a stored tensor is called here; null for what is no parameter. */
  parameterName(stored: string): string | null;
  /** Null where head and embedding are two tensors. */
  tied(config: Config): Tied | null;
}
