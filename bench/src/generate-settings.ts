import { z } from "zod";

export const GenerateSettings = z.object({
  threads: z.int(),
  /** A model in Hugging Face's layout. */
  folder: z.string(),
  /** Format in which our side holds the weights. */
  weights: z.enum(["fp32", "bf16", "int8"]),
  prompt: z.array(z.int()),
  newTokens: z.int(),
  /** Number of texts that are generated side by side. */
  sequences: z.int(),
  /** Whole generations; the first warms up. */
  repeats: z.int(),
});
export type GenerateSettings = z.infer<typeof GenerateSettings>;

export const GenerateResult = z.object({
  seconds: z.array(z.number()),
  /** Tokens of the first sequence. */
  tokens: z.array(z.int()),
  /** Bytes of weights that a step reads. */
  bytesPerStep: z.number().optional(),
  peakBytes: z.number(),
  libraryBytes: z.number(),
});
export type GenerateResult = z.infer<typeof GenerateResult>;
