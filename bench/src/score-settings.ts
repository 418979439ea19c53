import { z } from "zod";

export const ScoreSettings = z.object({
  threads: z.int(),
  /** A model in Hugging Face's layout, with a tokenizer. */
  folder: z.string(),
  /** The UTF-8 text to score. */
  file: z.string(),
  /** The ids of the text, int32. */
  ids: z.string(),
  context: z.int(),
  stride: z.int(),
  /** Windows that the peer reads at a time. */
  batchSize: z.int(),
  /** Whole scorings; the first warms up where there are more. */
  repeats: z.int(),
});
export type ScoreSettings = z.infer<typeof ScoreSettings>;

export const ScoreResult = z.object({
  seconds: z.array(z.number()),
  /** Loss in nats per token. */
  loss: z.number(),
  peakBytes: z.number(),
  libraryBytes: z.number(),
});
export type ScoreResult = z.infer<typeof ScoreResult>;
