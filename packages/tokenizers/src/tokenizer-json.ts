import { z } from "zod";

/** The parts of Hugging Face's `tokenizer.json` (version 1.0) that byte-level BPE uses, as the file holds them. */
export const AddedToken = z.looseObject({
  id: z.int().nonnegative(),
  content: z.string(),
  single_word: z.boolean().default(false),
  lstrip: z.boolean().default(false),
  rstrip: z.boolean().default(false),
  normalized: z.boolean().default(true),
  special: z.boolean().default(false),
});
export type AddedToken = z.infer<typeof AddedToken>;

/** A step of the pipeline: its type decides what else it holds. */
const Step = z.looseObject({ type: z.string() });
export type Step = z.infer<typeof Step>;

export const TokenizerJson = z.looseObject({
  truncation: z.unknown().optional(),
  padding: z.unknown().optional(),
  added_tokens: z.array(AddedToken).default([]),
  normalizer: Step.nullish(),
  pre_tokenizer: Step.nullish(),
  post_processor: Step.nullish(),
  decoder: Step.nullish(),
  model: z.looseObject({ type: z.string().default("BPE") }),
});
export type TokenizerJson = z.infer<typeof TokenizerJson>;

export const BpeJson = z.looseObject({
  dropout: z.number().nullish(),
  unk_token: z.string().nullish(),
  continuing_subword_prefix: z.string().nullish(),
  end_of_word_suffix: z.string().nullish(),
  fuse_unk: z.boolean().default(false),
  byte_fallback: z.boolean().default(false),
  ignore_merges: z.boolean().default(false),
  vocab: z.custom<Readonly<Record<string, number>>>(isVocabulary, "must map each token to a whole number below 2^24"),
  merges: z.array(z.union([z.string(), z.tuple([z.string(), z.string()])])),
});
export type BpeJson = z.infer<typeof BpeJson>;

export const ByteLevelStep = z.looseObject({ add_prefix_space: z.boolean(), use_regex: z.boolean().default(true) });
/** Each digit by itself. */
export const DigitsStep = z.looseObject({ individual_digits: z.literal(true) });

export const SplitStep = z.looseObject({
  pattern: z.union([z.strictObject({ Regex: z.string() }), z.strictObject({ String: z.string() })]),
  behavior: z.string(),
  invert: z.boolean().default(false),
});

/** The largest id a file may use; a larger one is a mistake, and would cost memory for every id below it. */
export const LARGEST_ID = 2 ** 24 - 1;

/** By hand: Zod would build a second object of a hundred thousand keys. */
export function isVocabulary(value: unknown): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.values(value).every(
    (id: unknown) => typeof id === "number" && Number.isInteger(id) && id >= 0 && id <= LARGEST_ID,
  );
}
