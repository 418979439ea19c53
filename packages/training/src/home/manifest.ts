import { readFile } from "node:fs/promises";
import { unlessAbsent, writeJson } from "@trainer/disk";
import { precisions } from "@trainer/models/capabilities";
import { z } from "zod";
import { LeftOut } from "./text-losses.js";
import { FailureClass, TrainingError, type Failure } from "../errors.js";
import { TextLoss } from "./text-losses.js";

const count = z.int().min(0);
const part = z.number().min(0).max(1).nullable().default(null);
/** A split: `asked` is its requested share of the text's bytes, `share` the actual one. */
const SplitCount = z.object({
  documents: count,
  tokens: count,
  bytes: count,
  asked: part,
  share: part,
  /** Bytes that do not come back from the tokens; null where that was not measured. */
  lost_bytes: count.nullable().default(null),
  unknown_tokens: count.nullable().default(null),
  /** Of conversations: turns, tokens without padding, those learnt, and how many were cut or left out for their length. */
  conversations: z.object({ turns: count, tokens: count, learnt: count, cut: count, dropped: count }).optional(),
});
export const SplitCounts = z.object({ train: SplitCount, validation: SplitCount, test: SplitCount });
export type SplitCounts = z.infer<typeof SplitCounts>;

/** One of the texts that a run mixes, with the tokens of its training split. */
const ManifestSource = z.object({
  source: z.string(),
  path: z.string(),
  weight: z.string(),
  tokens: count,
  /** Times that the run goes through it in all; null of a run that ends by time. */
  planned_epochs: z.number().nullable(),
  /** Times that it has gone through it. */
  epochs: z.number(),
});
export type ManifestSource = z.infer<typeof ManifestSource>;

/** What is told of pairs of answers, by the names of TRL. */
const Figures = z.record(z.string(), z.number());

/** Evaluation at the end of a run. */
const EndEvaluation = z.object({
  split: z.string(),
  loss: z.number(),
  perplexity: z.number().nullable(),
  /** Of pairs of answers, whose loss is no cross entropy. */
  figures: Figures.optional(),
  bits_per_byte: z.number().nullable(),
  bits_per_character: z.number().nullable(),
  tokens: count,
  documents: count,
  seed: count,
});

/** Bits that a byte takes of what a run's base held out, by the base and by the run; null where text is lost in tokens. */
const Drift = z.object({
  split: z.enum(["validation", "test"]),
  before: z.number().nullable(),
  after: z.number().nullable(),
});
export type Drift = z.infer<typeof Drift>;

/** Verdict on a run, by the names of its manifest. */
const Verdict = z.object({
  words: z.array(z.string()),
  overfits_since: count.nullable(),
  /** The largest help: steps, text or size; null where nothing tells. */
  helps: z.string().nullable(),
  /** Bits per byte of a part of the held-out text, after a part of the training text. */
  references: z
    .object({
      bytes: count,
      training_bytes: count,
      gzip: z.number(),
      zstd: z.number().nullable(),
      ngram: z.number(),
    })
    .nullable(),
  /** Spans that the samples share with that part of the training text. */
  copied: z.object({ longest: z.string(), share: z.number() }).nullable(),
  /** Null where it was not asked for. */
  drift: Drift.nullable().default(null),
});
export type Verdict = z.infer<typeof Verdict>;

const RunStatus = z.enum(["running", "completed", "interrupted", "failed"]);
export type RunStatus = z.infer<typeof RunStatus>;

/** Outcome of a run up to the step after which it got a new end. */
const RunPart = z.object({
  until_step: count,
  status: RunStatus,
  finished_at: z.iso.datetime().nullable(),
  duration_seconds: z.number().nullable(),
  total_steps: count.nullable(),
  early_stopped: z.boolean(),
  loss: z.number().nullable(),
  best_val_loss: z.number().nullable(),
  best_step: count.nullable(),
  test_loss: z.number().nullable(),
  test_bits_per_byte: z.number().nullable(),
  evaluation: EndEvaluation.nullable(),
  /** Size of metrics.jsonl, which has the part's test last; null of a part that was not completed. */
  metrics_bytes: count.nullable(),
});
export type RunPart = z.infer<typeof RunPart>;

/**
 * A run's `manifest.json`: its request, machine, progress and outcome. The names on disk are those that API clients
 * read. Null: not yet known.
 */
export const RunManifest = z.object({
  run_id: z.string(),
  status: RunStatus,
  created_at: count,
  started_at: z.iso.datetime(),
  finished_at: z.iso.datetime().nullable(),
  /** Training, validation and saving, over all the sessions of a resumed run. */
  duration_seconds: z.number().nullable(),
  failure_class: FailureClass.nullable(),
  error_code: z.string().nullable(),
  error: z.string().nullable(),

  model_family: z.string(),
  model_size: z.string(),
  parameters: count.nullable(),
  /** Those that are trained: fewer with an adapter or a frozen embedding. */
  trainable_parameters: count.nullable().default(null),
  vocab_size: count.nullable(),
  /** Tokens that the tokenizer adds to the own one of the model that the run starts from. */
  new_tokens: count.optional(),
  epochs: count,
  /** Number begun of the requested epochs, or of as many as the requested steps took; null while it is unknown. */
  epochs_begun: count.nullable().default(null),
  batch_size: count,
  max_seq_len: count,
  /** Optimizer steps done. */
  steps: count,
  total_steps: count.nullable(),
  tokens_seen: count,
  /** Steps from which the run went on after an interruption, the latest last. */
  resumed_from: z.array(count).default([]),
  /** Ends as they were planned, each for the steps after one: of a run that ends by time, or was trained on. */
  ends: z.array(z.object({ after_step: count, total_steps: count })).default([]),
  /** Outcome each time that it got a new end, the latest last. */
  parts: z.array(RunPart).default([]),
  /** Id of the request by which a server's run got its last new end; null without one. */
  end_id: z.string().nullable().default(null),
  seed: count,
  threads: count,
  early_stopping_patience: count,
  learning_rate: z.number(),
  holdout_fraction: z.number(),
  gradient_clipping: z.number(),
  test_split_ratio: z.number(),
  finetune_lr_cap: z.number(),
  optimizer: z.string(),
  device: z.enum(["cpu", "cuda"]),
  precision: z.enum(precisions),
  /** True if a GPU was restricted to algorithms that repeat to the bit. */
  deterministic: z.boolean().default(false),
  /** Plugins that bring its family, its optimizer or its tokenizer, where those are not this program's own. */
  plugins: z.array(z.object({ name: z.string(), version: z.string() })).default([]),
  freeze_embed: z.boolean(),
  pretrained_run_id: z.string().nullable(),
  /** Hash of the teacher's weights, which `config` names; null without one. */
  teacher_sha256: z.string().nullable().default(null),

  tokenizer_id: z.string(),
  tokenizer_sha256: z.string().nullable(),
  corpus_path: z.string(),
  corpus_sha256: z.string().nullable(),
  /** The parts of the given text that are in no split. */
  left_out: LeftOut.nullable().default(null),
  splits: SplitCounts.nullable(),
  /** The texts that are mixed; none where they are one. */
  sources: z.array(ManifestSource).default([]),
  /** Losses of the tokenizer on the corpus' beginning. */
  tokenizer_loss: TextLoss.nullable().default(null),
  /** Special tokens that the corpus spelled and that were let through; null before it was encoded. */
  special_tokens: count.nullable().default(null),
  /** Begin and end tokens of each document, by the tokenizer's template; null: not known yet. */
  begin_tokens: z.array(z.string()).nullable().default(null),
  end_tokens: z.array(z.string()).nullable().default(null),
  /** Version of the rule that split the corpus. */
  split_version: count.default(1),

  /** The most that tensors took on the GPU, over all the sessions of a resumed run; null on a CPU. */
  gpu_peak_bytes: count.nullable().default(null),

  early_stopped: z.boolean(),
  /** Loss of the last batch. */
  loss: z.number().nullable(),
  /** Steps that changed nothing, since their gradients overflowed in fp16. */
  skipped_steps: count.default(0),
  /** Alarms of its losses, each symptom at its first step. */
  alarms: z.array(z.object({ step: count, symptom: z.string(), message: z.string() })).default([]),
  /** How often it went back to a checkpoint since its loss diverged, and with what share of its rate. */
  rewinds: z.array(z.object({ from_step: count, to_step: count, rate_scale: z.number() })).default([]),
  best_val_loss: z.number().nullable(),
  best_step: count.nullable(),
  /** Of pairs of answers: what else the best validation told. */
  best_val_figures: Figures.nullable().default(null),
  test_loss: z.number().nullable(),
  /** Null where the loss is no cross entropy too. */
  test_perplexity: z.number().nullable(),
  test_figures: Figures.nullable().default(null),
  test_bits_per_byte: z.number().nullable(),
  /** After which step the weights were as they were tested. */
  test_step: count.nullable().default(null),
  /** Number of tokens that the test predicted. */
  test_tokens: count.nullable().default(null),
  /** Evaluation at the end; more of it is in the folder `eval`. */
  evaluation: EndEvaluation.nullable().default(null),
  /** Verdict at its end, with the figures behind it; null before the evaluation, or where none is wanted. */
  verdict: Verdict.nullable().default(null),

  /** Id of the run's archive in a file service, once it has been sent there. */
  artifact_file_id: z.string().nullable().default(null),
  /** True if a service was asked for the run, and saw its end: this distinguishes its runs from others. */
  requested: z.boolean().default(false),
  git_commit: z.string().nullable(),
  versions: z.record(z.string(), z.string()),
  system: z.object({
    cpu_count: count,
    platform: z.string(),
    platform_release: z.string(),
    machine: z.string(),
  }),
  /** The options, whole, by their names in requests: what a resumed run goes by. */
  config: z.record(z.string(), z.unknown()),
});
export type RunManifest = z.infer<typeof RunManifest>;

/** Outcome of a run that has not come to its end. */
export const NO_OUTCOME = {
  test_loss: null,
  test_perplexity: null,
  test_figures: null,
  test_bits_per_byte: null,
  test_step: null,
  test_tokens: null,
  evaluation: null,
  verdict: null,
  artifact_file_id: null,
} as const satisfies Partial<RunManifest>;

/** A failure by the names of a manifest. */
export const failureFields = ({ code, failureClass, message }: Failure) => ({
  failure_class: failureClass,
  error_code: code,
  error: message,
});

/** Reads a manifest; null if there is none. */
export async function readManifest(path: string): Promise<RunManifest | null> {
  const text = await unlessAbsent(readFile(path, "utf8"));
  if (text === null) return null;
  try {
    return RunManifest.parse(JSON.parse(text));
  } catch (error) {
    const message = `${path} is not a run's manifest: ${problemOf(error)}; put the old file back, or remove the run`;
    throw new TrainingError("DATA_NOT_FOUND", message, { cause: error });
  }
}

/** Problems of a manifest; the first two of many, and the number of others. */
function problemOf(error: unknown): string {
  if (!(error instanceof z.ZodError)) return String(error);
  const all = error.issues.map(({ path, message }) => `${path.join(".") || "it"}: ${message}`);
  const more = all.length - 2;
  return `${all.slice(0, 2).join("; ")}${more > 0 ? ` (and ${more} more)` : ""}`;
}

/** Replaces a manifest: whole, or not at all. */
export const writeManifest = (path: string, manifest: RunManifest): Promise<void> => writeJson(path, manifest);
