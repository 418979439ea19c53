import { z } from "zod";
import { documents, formatChoices } from "./choices.js";
import { samplePrompts } from "./sample-prompts.js";
import { bos, specialTokens } from "./text-around.js";

const orElse = z.int().min(1).nullable().default(null);
const name = z.string().min(1).nullable().default(null);

/** Options of an evaluation and of its samples. */
export const EvaluateOptions = z.strictObject({
  split: z.enum(["validation", "test"]).default("validation").describe("part of the run's own corpus"),
  path: name.describe("file or folder of text in place of a split"),
  document: z
    .enum(documents)
    .nullable()
    .default(null)
    .describe("what a document of that text is; left out: as in training, a file if that is not known"),
  format: z
    .enum(formatChoices)
    .nullable()
    .default(null)
    .describe(
      "what records of that text are: text, or conversations, of which the answers count; left out: as in training",
    ),
  batchSize: orElse.describe("sequences at a time; left out: by their length"),
  stride: orElse.describe("tokens that the windows move on; left out: a whole context, so that none is read twice"),
  bos,
  specialTokens,
  evalTokens: z
    .int()
    .min(0)
    .nullable()
    .default(null)
    .describe(
      "about how many tokens to predict, drawn by the seed; 0: all; left out: as in training, all of another text",
    ),
  /** Empty: no samples. */
  prompts: z.array(z.string()).default([...samplePrompts]),
  seed: z.int().min(0).default(42).describe("of the samples, and of what is drawn of another text"),
  out: name.describe(
    "folder for metrics.json, samples.jsonl and history.jsonl; left out: eval in the run's folder, a place in it for each text",
  ),
  against: name.describe("a run to compare with, evaluated on the same; left out: this one's evaluation before"),
  regressionThreshold: z
    .number()
    .min(0)
    .default(0.01)
    .describe("how much larger, in parts of itself, a loss is to be a regression"),
});
export type EvaluateOptions = z.infer<typeof EvaluateOptions>;

/** Options before defaults are filled in. */
export type EvaluateInput = z.input<typeof EvaluateOptions>;
