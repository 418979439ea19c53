import { z } from "zod";
import { Bos } from "./bos.js";
import { samplePrompts } from "./sample-prompts.js";

/** What to evaluate a model on, and what to let it write. */
export const EvaluateOptions = z.strictObject({
  /** The part of the run's own corpus, unless there is a path. */
  split: z.enum(["validation", "test"]).default("validation"),
  /** A file or folder of text in place of a split. */
  path: z.string().min(1).nullable().default(null),
  /** What a document of that text is; null: what it was in training, a file if that is not known. */
  document: z.enum(["line", "paragraph", "file"]).nullable().default(null),
  /** Sequences at a time; null: as many as make 4096 tokens. */
  batchSize: z.int().min(1).nullable().default(null),
  /** How many tokens the windows move on; null: by a whole context, so that none is read twice. */
  stride: z.int().min(1).nullable().default(null),
  bos: Bos,
  /** Whether special tokens that another text spells out are these tokens; a run's split is read as in training. */
  specialTokens: z.boolean().default(false),
  /** About how many tokens are predicted, drawn in whole windows; 0: all. null: as in training, all of another text. */
  evalTokens: z.int().min(0).nullable().default(null),
  /** What to generate samples from; empty: no samples. */
  prompts: z.array(z.string()).default([...samplePrompts]),
  /** Of the samples, and of what is drawn of another text. */
  seed: z.int().min(0).default(42),
  /** The folder for metrics.json and samples.jsonl; null: in a run's own, and nowhere for other models. */
  out: z.string().min(1).nullable().default(null),
  /** A run whose last evaluation of the same split or path is compared with; null: this model's own before, if any. */
  against: z.string().min(1).nullable().default(null),
  /** A loss that is larger by more than this part of itself is a regression. */
  regressionThreshold: z.number().min(0).default(0.01),
});
export type EvaluateOptions = z.infer<typeof EvaluateOptions>;

/** Options before defaults are filled in. */
export type EvaluateInput = z.input<typeof EvaluateOptions>;
