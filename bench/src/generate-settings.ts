import { z } from "zod";

export const GenerateSettings = z.object({
  threads: z.int(),
  /** A model in Hugging Face's layout. */
  folder: z.string(),
  prompt: z.array(z.int()),
  newTokens: z.int(),
  /** Whole generations; the first warms up. */
  repeats: z.int(),
});
export type GenerateSettings = z.infer<typeof GenerateSettings>;

export const GenerateResult = z.object({
  seconds: z.array(z.number()),
  tokens: z.array(z.int()),
  peakBytes: z.number(),
  libraryBytes: z.number(),
});
export type GenerateResult = z.infer<typeof GenerateResult>;
