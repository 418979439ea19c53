import { z } from "zod";
import { figure } from "./fields.js";

/** A file of a run. */
export const RunFile = z.object({
  path: z.string().describe("In its folder, with `/` between its parts."),
  bytes: z.int(),
  modified: z.string().describe("ISO 8601, UTC."),
  step: z.int().nullable().describe("Step of the checkpoint that it belongs to."),
  sha256: z.string().nullable().describe("Where the checkpoint's COMMIT lists it."),
});
export type RunFile = z.output<typeof RunFile>;

/** GET /runs/{run_id}/files: by their paths. */
export const RunFileList = z.object({
  run_id: z.string(),
  files: z.array(RunFile),
  truncated: z.boolean().describe("True if there are more than are listed."),
});
export type RunFileList = z.output<typeof RunFileList>;

/** GET /runs/{run_id}/export?list=1: what the archive of its model holds. */
export const ExportList = z.object({
  run_id: z.string(),
  name: z.string().describe("File name of the archive, a tar."),
  bytes: z.int().describe("Size of the archive."),
  files: z.array(RunFile.pick({ path: true, bytes: true })),
  notes: z.array(z.string()).describe("Limits of other programs with it, and their requirements."),
});
export type ExportList = z.output<typeof ExportList>;

/** A model's folder in the home's `exports`. */
export const ExportedModel = z.object({
  model_id: z
    .string()
    .describe("Stands in the place of a run's id where a model is asked to write, to talk or to score."),
  name: z.string(),
  model_type: z.string().nullable().describe("As its config.json calls itself."),
  bytes: z.int(),
  modified: z.string().describe("ISO 8601, UTC."),
});
export type ExportedModel = z.output<typeof ExportedModel>;

/** GET /exports: by their names. */
export const ExportedModelList = z.object({ models: z.array(ExportedModel) });
export type ExportedModelList = z.output<typeof ExportedModelList>;

/** GET /runs/{run_id}/files/{path}?header=1: what a safetensors file holds. */
export const TensorTable = z.object({
  tensors: z.array(z.object({ name: z.string(), dtype: z.string(), shape: z.array(z.int()), bytes: z.int() })),
  metadata: z.record(z.string(), z.string()),
});
export type TensorTable = z.output<typeof TensorTable>;

const count = z.int().nullable().catch(null);

/** An evaluation of a finished model: a line of `history.jsonl`. */
export const EvaluationRecord = z.object({
  evaluated_at: z.string().nullable().catch(null),
  split: z.string(),
  path: z.string().nullable().catch(null),
  stride: count,
  eval_tokens: count,
  loss: figure,
  perplexity: figure,
  bits_per_byte: figure,
  bits_per_character: figure,
  tokens: count,
  documents: count,
  distinct_1: figure,
  distinct_2: figure,
  repetition_4: figure,
});
export type EvaluationRecord = z.output<typeof EvaluationRecord>;

/** GET /runs/{run_id}/evals: of every text and in every way, the oldest first. */
export const EvaluationHistory = z.object({ run_id: z.string(), evaluations: z.array(EvaluationRecord) });
export type EvaluationHistory = z.output<typeof EvaluationHistory>;

/** A generated text of an evaluation: a line of `samples.jsonl`. */
export const SampleRecord = z.object({
  prompt: z.string(),
  output: z.string(),
  seed: count,
  steps: count,
  finish_reason: z.string().nullable().catch(null),
  max_new_tokens: count,
  temperature: figure,
  top_k: count,
  top_p: figure,
});
export type SampleRecord = z.output<typeof SampleRecord>;

/** A text that the model wrote as it was trained: a line of the run's own `samples.jsonl`. */
export const CourseSample = SampleRecord.extend({ step: z.int().describe("After which its model was as it wrote.") });
export type CourseSample = z.output<typeof CourseSample>;

/** GET /runs/{run_id}/samples: of the latest evaluation that made some, and of the training as it goes. */
export const SampleList = z.object({
  run_id: z.string(),
  samples: z.array(SampleRecord),
  course: z
    .array(CourseSample)
    .default([]) // of an earlier server
    .describe("Written every `sample_every` steps: the newest 1,000, the oldest of them first."),
});
export type SampleList = z.output<typeof SampleList>;
