import { z } from "zod";

export const TokenizerSettings = z.object({
  work: z.enum(["train", "encode"]),
  kind: z.enum(["bpe", "sentencepiece", "char"]),
  /** Whose: ignored on our side. */
  peer: z.string(),
  threads: z.int(),
  /** UTF-8 text. */
  file: z.string(),
  vocabSize: z.int(),
  /** The file that everyone encodes with: tokenizer.json, SentencePiece's tokenizer.model. */
  tokenizer: z.string(),
  /** Measurements of one process; the first of several warms up. */
  repeats: z.int(),
});
export type TokenizerSettings = z.infer<typeof TokenizerSettings>;

export const TokenizerResult = z.object({
  seconds: z.array(z.number()),
  /** Size of the vocabulary of a training; number of ids of an encoding. */
  tokens: z.int(),
  peakBytes: z.number(),
  libraryBytes: z.number(),
});
export type TokenizerResult = z.infer<typeof TokenizerResult>;
