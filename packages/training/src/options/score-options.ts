import { z } from "zod";
import { Bos } from "./bos.js";

/** What to score, either a text or a UTF-8 file, and how much to tell of it. */
export const ScoreOptions = z.strictObject({
  text: z.string().nullable().default(null),
  path: z.string().min(1).nullable().default(null),
  /** `per_char`: with the surprisal of each token and each character. */
  detailLevel: z.enum(["summary", "per_char"]).default("summary"),
  /** With the k likeliest tokens after each token; null: without. */
  topK: z.int().min(1).nullable().default(null),
  /** How many tokens a text longer than the context moves on at a time; null: half a context. */
  stride: z.int().min(1).nullable().default(null),
  bos: Bos,
  /** Whether special tokens that the text spells are these tokens; else they are text. */
  specialTokens: z.boolean().default(false),
});
export type ScoreOptions = z.infer<typeof ScoreOptions>;

/** Options before defaults are filled in. */
export type ScoreInput = z.input<typeof ScoreOptions>;
