import { z } from "zod";
import { most } from "./most.js";
import { bos, specialTokens } from "./text-around.js";

const probability = z.number().min(0).max(1);

/** Sampling of tokens, with the defaults of a text that goes on. */
export const sampling = {
  maxNewTokens: z.int().min(1).default(64).meta({ description: "the most tokens to write", most: most.newTokens }),
  temperature: z
    .number()
    .min(0)
    .max(2)
    .default(1)
    .describe("below 1 surer, above 1 bolder; 0: always the likeliest token"),
  topK: z
    .int()
    .min(0)
    .default(50)
    .meta({ description: "draw from the k likeliest tokens; 0: from all", most: most.vocabSize }),
  topP: probability
    .default(1)
    .describe("draw from the likeliest that together exceed this probability; 0: the likeliest alone, 1: from all"),
  /** Nguyen et al. 2024. */
  minP: probability
    .default(0)
    .describe("draw from tokens at least so likely in relation to the likeliest; 0: from all"),
  /** Keskar et al. 2019; of the prompt and of the text so far. */
  repetitionPenalty: z
    .number()
    .min(1e-6)
    .max(1e6)
    .default(1)
    .describe("above 1 makes tokens that were said before less likely, below 1 likelier"),
};

/** Options of a generation; defaults are those of a generate request. */
export const GenerateOptions = z.strictObject({
  /** The text to continue; empty: a new document. */
  prompt: z.string(),
  ...sampling,
  stopOnEos: z.boolean().default(true).meta({
    description: "end a text at a token that ends one; else it goes on with the next document",
    negated: "go on into a next document where the model ends one",
  }),
  stopSequences: z
    .array(z.string().min(1))
    .default([])
    .meta({ description: "end at this text, which is left out", flag: "stop" }),
  /** A new one is told in the result. */
  seed: z
    .union([z.int().min(0), z.bigint().min(0n)])
    .nullable()
    .default(null)
    .describe("equal seeds write equal texts; left out: a new one"),
  bos,
  specialTokens,
  /** Sequence i is the same however many there are. */
  numReturnSequences: z
    .int()
    .min(1)
    .default(1)
    .meta({ description: "how many texts of each prompt", most: most.sequences }),
});
export type GenerateOptions = z.infer<typeof GenerateOptions>;

/** Options before defaults are filled in. */
export type GenerateInput = z.input<typeof GenerateOptions>;
