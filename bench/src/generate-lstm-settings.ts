import { z } from "zod";

export const GenerateLstmSettings = z.object({
  threads: z.int(),
  /** config.json, model.safetensors and tokenizer.json. */
  folder: z.string(),
  /** Character by character, as ids and as a text. */
  prompt: z.array(z.int()),
  text: z.string(),
  newTokens: z.int(),
  temperature: z.number(),
  topK: z.int(),
  /** Tokens written greedily at the end, to be compared. */
  likeliest: z.int(),
  /** Whole generations; the first warms up. */
  repeats: z.int(),
});
export type GenerateLstmSettings = z.infer<typeof GenerateLstmSettings>;
