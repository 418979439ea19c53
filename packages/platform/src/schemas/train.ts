import { z } from "zod";
import { bool, float, int, oneOf, orNull, short, text, withDefault } from "./fields.js";
import { RunId, TokenizerIdOrBlank } from "./ids.js";
import { most } from "./most.js";
import type { IssueParams } from "./refusal.js";
import { UserId } from "./user-id.js";

/** Where a request's text comes from: a file of the file service, or one under the data root's `corpus` folder. */
export const corpusFields = {
  corpus_file_id: orNull(short(most.name)).describe("Of the file service. Either this or `corpus_path`."),
  corpus_path: orNull(text).describe("A file or folder in the `corpus` folder of the server's data."),
};

interface CorpusFields {
  readonly corpus_file_id: string | null;
  readonly corpus_path: string | null;
}

/** How that text is read. */
export const readingFields = {
  corpus_format: withDefault(oneOf(["auto", "text", "jsonl"]), "auto").describe(
    "How files are read: by their names (one of the file service is then plain text), or all as plain text or JSON lines.",
  ),
  document_separator: withDefault(
    short(most.marker)
      .trim()
      .min(1, "must not be empty; none is for no such line")
      .regex(/^[^\r\n]*$/, "must be one line"),
    "none",
  ).describe("The line that ends a document in plain text. auto: <|endoftext|>, </s> and others known for it."),
};
export const documents = ["line", "paragraph", "file"] as const;

const params = (given: IssueParams) => ({ params: given });

/** Exactly one of the two. */
export function checkCorpus({ corpus_file_id: id, corpus_path: path }: CorpusFields, ctx: z.RefinementCtx): void {
  const refuse = (message: string, given: IssueParams) =>
    ctx.addIssue({ code: "custom", message, path: ["corpus_file_id"], ...params(given) });
  if (id !== null && path !== null) refuse("corpus_path and corpus_file_id are mutually exclusive", { status: 422 });
  else if (id === null && path === null) refuse("corpus_file_id is required", {});
  else if (id?.trim() === "") refuse("corpus_file_id must be non-empty", { code: "CORPUS_NOT_FOUND" });
  else if (path?.trim() === "") refuse("corpus_path must be non-empty", { code: "CORPUS_NOT_FOUND" });
}

/** The fields of a training, without who asks for it. */
const trainFields = {
  model_family: withDefault(oneOf(["gpt2", "llama", "qwen", "char_lstm"]), "gpt2"),
  model_size: withDefault(text, "small").describe("One that GET /capabilities names for the family."),
  model_config: orNull(
    z.record(z.string(), z.union([z.number(), z.boolean()], "must be a number or a boolean")),
  ).describe("Dimensions and rates in place of the size's: those that GET /capabilities names for the family."),
  max_seq_len: withDefault(int({ min: 8, max: most.seqLen }), 512).describe(
    "Tokens of a sequence. With `pretrained_run_id` it is that run's.",
  ),
  num_epochs: withDefault(int({ min: 1, max: most.epochs }), 1),
  max_steps: orNull(int({ min: 1, max: most.steps })).describe("Optimizer steps in all, in place of epochs."),
  batch_size: withDefault(int({ min: 1, max: most.batchSize }), 4).describe("Sequences of a step."),
  learning_rate: withDefault(float({ min: 0 }), 0.0005),
  ...corpusFields,
  ...readingFields,
  document: withDefault(oneOf(documents), "line").describe("What a document is; each ends with the end token."),
  special_tokens: withDefault(bool, false).describe(
    "Whether special tokens spelled out in the text become these tokens; else they are text.",
  ),
  tokenizer_id: withDefault(TokenizerIdOrBlank, "").describe(
    "One whose training is completed. Left out: see `tokenizer_method`.",
  ),
  tokenizer_method: orNull(oneOf(["bpe", "sentencepiece", "char"])).describe(
    "In place of `tokenizer_id`: the run first trains one on its own training split.",
  ),
  vocab_size: orNull(int({ min: 1, max: most.vocabSize })).describe(
    "Of the tokenizer to train; left out: by the size of the text.",
  ),
  min_frequency: withDefault(int({ min: 1 }), 2).describe("How often a pair must come to become a token, for `bpe`."),
  holdout_fraction: withDefault(float({ min: 0, max: 0.5 }), 0.01).describe(
    "How much of the text is kept apart for validation.",
  ),
  seed: withDefault(int({ min: 0 }), 42),
  pretrained_run_id: orNull(RunId).describe("A run whose weights this one starts from."),
  freeze_embed: withDefault(bool, false).describe("Whether embeddings stay as they are."),
  gradient_clipping: withDefault(float({ min: 0 }), 1).describe("The largest norm of a gradient; 0: any."),
  optimizer: withDefault(oneOf(["adamw", "adam", "sgd"]), "adamw"),
  device: withDefault(oneOf(["cpu", "cuda", "auto"]), "auto"),
  precision: withDefault(oneOf(["fp32", "fp16", "bf16", "tf32", "auto"]), "auto").describe(
    "auto: fp16 on CUDA, fp32 on a CPU, which takes no other. tf32: fp32 but for products, by the TF32 units of a GPU.",
  ),
  deterministic: withDefault(bool, false).describe(
    "On CUDA use only algorithms that repeat to the bit, which takes longer. A CPU has no others.",
  ),
  data_num_workers: orNull(int({ min: 0, max: most.workers })),
  data_pin_memory: orNull(bool),
  early_stopping_patience: withDefault(int({ min: 1, max: most.epochs }), 5).describe(
    "Epochs without a better validation loss after which the run ends.",
  ),
  test_split_ratio: withDefault(float({ min: 0, max: 0.5 }), 0.15).describe(
    "How much of the text is kept apart for the test.",
  ),
  eval_tokens: withDefault(int({ min: 0 }), 0).describe(
    "About how many tokens a validation or test predicts, drawn by the seed; 0: all of the split.",
  ),
  finetune_lr_cap: withDefault(float({ min: 0 }), 0.00005).describe(
    "The largest learning rate of a run that starts from another.",
  ),
};

/** POST /runs/train */
export const TrainRequest = z
  .strictObject({ ...trainFields, user_id: UserId.nullish().transform((given) => given ?? 0n) })
  .superRefine(checkCorpus)
  .meta({
    example: {
      model_family: "gpt2",
      model_size: "tiny",
      tokenizer_id: "tok-0123456789",
      corpus_path: "shakespeare.txt",
      max_seq_len: 128,
      num_epochs: 1,
      batch_size: 16,
    },
  });
export type TrainRequest = z.output<typeof TrainRequest>;

/** The same without who asks: what a job and a run's record keep. */
export const TrainSettings = z.object(trainFields).superRefine(checkCorpus);
export type TrainSettings = z.output<typeof TrainSettings>;

export const TrainAccepted = z.object({ run_id: z.string(), job_id: z.string() });
export type TrainAccepted = z.output<typeof TrainAccepted>;
