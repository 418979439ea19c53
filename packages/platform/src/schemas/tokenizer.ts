import { documents, most, TrainOptions } from "@trainer/options";
import { z } from "zod";
import { figure, int, oneOf, orNull, withDefault } from "./fields.js";
import { checkCorpus, corpusFields, readingFields } from "./train.js";
import { wire, wireField, type Known } from "./wire.js";

const { minFrequency, holdoutFraction, seed } = TrainOptions.shape;

/** POST /tokenizers/train, of a server that knows these methods; without them every name is taken. */
export const tokenizerTrainRequest = (known?: Known) =>
  z
    .strictObject({
      method: wireField(
        z.string().default("bpe").meta({ description: "how the text is cut", namesOf: "methods" }),
        known,
      ),
      vocab_size: withDefault(int({ min: 128, max: most.vocabSize }), 32_000).describe(
        "Tokens at most. `char` takes what the text has, `bpe` 260 at least: one for each byte, and four.",
      ),
      ...wire({
        minFrequency,
        seed: seed.describe("of what is kept apart"),
        holdoutFraction: holdoutFraction.describe("part of the text that is kept apart to measure the tokenizer on"),
      }),
      ...corpusFields,
      ...readingFields,
      document: orNull(oneOf(documents)).describe(
        "What no token reaches across; left out: a line, with `char` a file, so that line breaks are characters too.",
      ),
    })
    .superRefine(checkCorpus)
    .meta({ example: { method: "bpe", vocab_size: 8000, corpus_path: "shakespeare.txt" } });
export const TokenizerTrainRequest = tokenizerTrainRequest();
export type TokenizerTrainRequest = z.output<typeof TokenizerTrainRequest>;

export const TokenizerAccepted = z.object({
  tokenizer_id: z.string(),
  artifact_path: z.string(),
  coverage: figure,
  oov_rate: figure,
});
export type TokenizerAccepted = z.output<typeof TokenizerAccepted>;

/** Lost text of a tokenizer; absent for those made before it was measured. */
const losses = {
  lost_share: z.number().optional().describe("Of the text's bytes, the share that does not come back."),
  unknown_characters: z.int().optional(),
  unknown_share: z.number().optional().describe("Of the text's characters, the share that is unknown."),
  line_breaks: z.boolean().optional().describe("Does a line break within a text come back?"),
};

/** Measured on text that was held back from training. */
export const TokenizerStats = z.object({
  coverage: z.number(),
  oov_rate: z.number(),
  token_count: z.int(),
  char_coverage: z.number(),
  ...losses,
});
export type TokenizerStats = z.output<typeof TokenizerStats>;

export const tokenizerStates = ["queued", "running", "completed", "failed"] as const;

/** GET /tokenizers/{tokenizer_id} */
export const TokenizerInfo = z.object({
  tokenizer_id: z.string(),
  artifact_path: z.string(),
  status: z.enum([...tokenizerStates, "unknown"]),
  coverage: figure,
  oov_rate: figure,
  token_count: figure,
  char_coverage: figure,
  ...losses,
  message: z.string().nullish(),
});
export type TokenizerInfo = z.output<typeof TokenizerInfo>;
export const TokenizerList = z.object({ tokenizers: z.array(TokenizerInfo) });
export type TokenizerList = z.output<typeof TokenizerList>;
