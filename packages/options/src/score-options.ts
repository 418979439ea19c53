import { z } from "zod";
import { most } from "./most.js";
import { bos, specialTokens } from "./text-around.js";

/** Options of scoring a text or a UTF-8 file. */
export const ScoreOptions = z.strictObject({
  text: z.string().nullable().default(null).describe("the text to score"),
  path: z.string().min(1).nullable().default(null).describe("a file with the text to score"),
  detailLevel: z
    .enum(["summary", "per_char"])
    .default("summary")
    .meta({ description: "how much is told; per_char: each token's and character's surprisal too", flag: "detail" }),
  topK: z
    .int()
    .min(1)
    .nullable()
    .default(null)
    .meta({ description: "the k likeliest tokens after each token too", most: most.listed }),
  stride: z
    .int()
    .min(1)
    .nullable()
    .default(null)
    .describe("tokens that a text longer than the context moves on at a time; left out: half of it"),
  bos,
  specialTokens,
});
export type ScoreOptions = z.infer<typeof ScoreOptions>;

/** Options before defaults are filled in. */
export type ScoreInput = z.input<typeof ScoreOptions>;
