import { documents, most, ScoreOptions, TrainOptions } from "@trainer/options";
import { z } from "zod";
import { figure, int, oneOf, orNull, text, withDefault } from "./fields.js";
import { TokenizerId } from "./ids.js";
import { JobState } from "./run.js";
import { checkCorpus, corpusFields, readingFields } from "./train.js";
import { wire, wireField, type Known } from "./wire.js";

const { minFrequency, holdoutFraction, seed } = TrainOptions.shape;

/** A field that is absent where it is not given: a worker of an earlier version does not know it. */
const whereAsked = <S extends z.ZodType>(field: S) => field.nullish().transform((given) => given ?? undefined);

function checkBase(
  {
    base_tokenizer_id: base,
    add_tokens: add,
    method,
  }: { base_tokenizer_id?: unknown; add_tokens?: unknown; method: string },
  ctx: z.RefinementCtx,
): void {
  const refuse = (field: string, message: string) => ctx.addIssue({ code: "custom", message, path: [field] });
  if (base !== undefined && method !== "bpe") refuse("method", "must be bpe where base_tokenizer_id is given");
  if (base === undefined && add !== undefined) refuse("add_tokens", "is for base_tokenizer_id alone");
}

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
      base_tokenizer_id: whereAsked(TokenizerId).describe(
        "A BPE tokenizer, byte-level or of SentencePiece, that gets more tokens, in place of a new one: `vocab_size` is then left out of account.",
      ),
      add_tokens: whereAsked(int({ min: 1, max: most.vocabSize })).describe(
        "Tokens that are added to `base_tokenizer_id`; left out: 2000.",
      ),
      ...corpusFields,
      ...readingFields,
      document: orNull(oneOf(documents)).describe(
        "What no token reaches across; left out: a line, with `char` a file, so that line breaks are characters too.",
      ),
    })
    .superRefine(checkCorpus)
    .superRefine(checkBase)
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
  progress: z.number().optional().describe("Percent of its training that are done, while it is known."),
});
export type TokenizerInfo = z.output<typeof TokenizerInfo>;
export const TokenizerList = z.object({ tokenizers: z.array(TokenizerInfo) });
export type TokenizerList = z.output<typeof TokenizerList>;

const VocabularyToken = z.object({
  id: z.int(),
  spelled: z.string().describe("As the tokenizer's file spells it; of a long one the beginning."),
  text: z.string().nullable().describe("What it stands for; null for bytes that are no whole characters."),
  bytes: z.int().describe("In UTF-8."),
  characters: z.int().nullable().describe("Code points."),
  kind: z
    .enum(["text", "bytes", "added", "special"])
    .describe(
      "bytes: of part of a character, or in place of characters that have no token; added: found whole in a text, before it is cut; special: no text becomes it by itself.",
    ),
});

/** GET /tokenizers/{tokenizer_id}/vocabulary */
export const Vocabulary = z.object({
  tokenizer_id: z.string(),
  token_count: z.int(),
  kinds: z.object({ text: z.int(), bytes: z.int(), added: z.int(), special: z.int() }),
  lengths: z
    .array(z.object({ characters: z.int(), tokens: z.int() }))
    .describe("How many tokens of text have so many characters; the last are those of 20 and more."),
  scripts: z
    .array(z.object({ script: z.string(), tokens: z.int() }))
    .describe("Tokens of text with letters by the writing system of the first, the most first."),
  longest: z.array(VocabularyToken).describe("Of the tokens of text those with the most characters."),
  found: z.int().describe("How many tokens `q` is found in; without it all."),
  tokens: z.array(VocabularyToken).describe("A page of these, by their ids."),
});
export type Vocabulary = z.output<typeof Vocabulary>;

/** POST /tokenizers/{tokenizer_id}/encode */
export const EncodeRequest = z
  .strictObject({
    text: text
      .max(1 << 18, `must have at most ${1 << 18} characters; encode a longer one in parts`)
      .describe("UTF-16 code units are counted."),
    ...wire(ScoreOptions.pick({ specialTokens: true }).shape),
  })
  .meta({ example: { text: "To be, or not to be" } });
export type EncodeRequest = z.output<typeof EncodeRequest>;

const places = (unit: string) =>
  z
    .array(z.int())
    .nullable()
    .default(null)
    .describe(`In ${unit} of the text. A token of part of a character covers it.`);

/** The tokens of a text, a list for each thing that is told of them; nothing is added around the text. */
export const EncodeResult = z.object({
  status: JobState,
  ids: z.array(z.int()).nullable().default(null),
  tokens: z.array(z.string()).nullable().default(null).describe("As the tokenizer's file spells them."),
  starts: places("UTF-16 code units"),
  ends: places("UTF-16 code units"),
  byte_starts: places("UTF-8 bytes"),
  byte_ends: places("UTF-8 bytes"),
  bytes: figure.default(null),
  characters: figure.default(null).describe("Code points."),
  token_count: figure.default(null),
  bytes_per_token: figure.default(null),
  unknown_tokens: figure.default(null),
  unknown_characters: figure.default(null),
  message: z.string().nullish(),
});
export type EncodeResult = z.output<typeof EncodeResult>;
export const EncodeResponse = EncodeResult.extend({ tokenizer_id: z.string(), request_id: z.string() });
export type EncodeResponse = z.output<typeof EncodeResponse>;
