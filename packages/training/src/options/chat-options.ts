import { z } from "zod";
import { GenerateOptions } from "./generate-options.js";

const { minP, repetitionPenalty, seed, bos, specialTokens } = GenerateOptions.shape;

/** How an answer is written; what is left out has the defaults of a chat request. */
export const ChatOptions = z.strictObject({
  /** The most tokens of an answer. */
  maxNewTokens: z.int().min(1).default(128),
  temperature: z.number().min(0).max(2).default(0.8),
  topK: z.int().min(0).default(50),
  topP: z.number().min(0).max(1).default(0.95),
  minP,
  repetitionPenalty,
  seed,
  bos,
  specialTokens,
});
export type ChatOptions = z.infer<typeof ChatOptions>;

/** Options before defaults are filled in. */
export type ChatInput = z.input<typeof ChatOptions>;
