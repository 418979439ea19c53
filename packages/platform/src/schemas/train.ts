import { z } from "zod";
import { bool, float, int, oneOf, orNull, text, withDefault } from "./fields.js";
import type { IssueParams } from "./refusal.js";
import { UserId } from "./user-id.js";

/** Where a request's text comes from: a file of the file service, or one under the data root's `corpus` folder. */
export const corpusFields = { corpus_file_id: orNull(text), corpus_path: orNull(text) };

interface CorpusFields {
  readonly corpus_file_id: string | null;
  readonly corpus_path: string | null;
}

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
  model_size: withDefault(text, "small"),
  max_seq_len: withDefault(int({ min: 8 }), 512),
  num_epochs: withDefault(int({ min: 1 }), 1),
  batch_size: withDefault(int({ min: 1 }), 4),
  learning_rate: withDefault(float({ min: 0 }), 0.0005),
  ...corpusFields,
  tokenizer_id: withDefault(text, ""),
  holdout_fraction: withDefault(float({ min: 0, max: 0.5 }), 0.01),
  seed: withDefault(int({ min: 0 }), 42),
  pretrained_run_id: orNull(text),
  freeze_embed: withDefault(bool, false),
  gradient_clipping: withDefault(float({ min: 0 }), 1),
  optimizer: withDefault(oneOf(["adamw", "adam", "sgd"]), "adamw"),
  device: withDefault(oneOf(["cpu", "cuda", "auto"]), "auto"),
  precision: withDefault(oneOf(["fp32", "fp16", "bf16", "auto"]), "auto"),
  data_num_workers: orNull(int({ min: 0 })),
  data_pin_memory: orNull(bool),
  early_stopping_patience: withDefault(int({ min: 1 }), 5),
  test_split_ratio: withDefault(float({ min: 0, max: 0.5 }), 0.15),
  finetune_lr_cap: withDefault(float({ min: 0 }), 0.00005),
};

/** POST /runs/train */
export const TrainRequest = z
  .strictObject({ ...trainFields, user_id: UserId.nullish().transform((given) => given ?? 0n) })
  .superRefine(checkCorpus);
export type TrainRequest = z.output<typeof TrainRequest>;

/** The same without who asks: what a job and a run's record keep. */
export const TrainSettings = z.object(trainFields).superRefine(checkCorpus);
export type TrainSettings = z.output<typeof TrainSettings>;

export const TrainAccepted = z.object({ run_id: z.string(), job_id: z.string() });
export type TrainAccepted = z.output<typeof TrainAccepted>;
