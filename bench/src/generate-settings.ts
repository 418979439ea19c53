import { z } from "zod";

export const GenerateSettings = z.object({
  threads: z.int(),
  /** A model in Hugging Face's layout. */
  folder: z.string(),
  /** How our side holds the weights. */
  weights: z.enum(["fp32", "bf16", "int8"]),
  prompt: z.array(z.int()),
  newTokens: z.int(),
  /** How many texts are written side by side. */
  sequences: z.int(),
  /** Whole generations; the first warms up. */
  repeats: z.int(),
});
export type GenerateSettings = z.infer<typeof GenerateSettings>;

export const GenerateResult = z.object({
  seconds: z.array(z.number()),
  /** Of the first sequence. */
  tokens: z.array(z.int()),
  /** Of weights that a step reads. */
  bytesPerStep: z.number().optional(),
  peakBytes: z.number(),
  libraryBytes: z.number(),
});
export type GenerateResult = z.infer<typeof GenerateResult>;
