import { z } from "zod";
import { Bos } from "./bos.js";

/** What to generate; what is left out has the defaults of a generate request. */
export const GenerateOptions = z.strictObject({
  /** What the text goes on from; empty: a new document. */
  prompt: z.string(),
  /** The most tokens a sequence gets. */
  maxNewTokens: z.int().min(1).default(64),
  /** Divides the logits: below 1 surer, above 1 bolder; 0: always the likeliest token. */
  temperature: z.number().min(0).max(2).default(1),
  /** Draw from the k likeliest tokens; 0: from all. */
  topK: z.int().min(0).default(50),
  /** Draw from the likeliest tokens that together exceed this probability; 0: the likeliest alone, 1: from all. */
  topP: z.number().min(0).max(1).default(1),
  /** Draw from the tokens at least this many times as likely as the likeliest (Nguyen et al. 2024); 0: from all. */
  minP: z.number().min(0).max(1).default(0),
  /** Above 1, tokens of the prompt and of the text so far become less likely (Keskar et al. 2019); 1: as they are. */
  repetitionPenalty: z.number().min(1e-6).max(1e6).default(1),
  /** End a sequence at a token that ends a text; else it goes on with the next document. */
  stopOnEos: z.boolean().default(true),
  /** Texts that end a sequence; they are not part of the output. */
  stopSequences: z.array(z.string().min(1)).default([]),
  /** Equal seeds give equal outputs; null: a new one, told in the result. */
  seed: z
    .union([z.int().min(0), z.bigint().min(0n)])
    .nullable()
    .default(null),
  bos: Bos,
  /** Whether special tokens that the prompt spells are these tokens; else they are text. */
  specialTokens: z.boolean().default(false),
  /** How many sequences; sequence i is the same however many there are. */
  numReturnSequences: z.int().min(1).default(1),
});
export type GenerateOptions = z.infer<typeof GenerateOptions>;

/** Options before defaults are filled in. */
export type GenerateInput = z.input<typeof GenerateOptions>;
