import { z } from "zod";
import { figure, text } from "./fields.js";

/** The states that clients know. A run that was stopped has failed, with the message "Training cancelled". */
export const jobStates = ["queued", "running", "completed", "failed"] as const;
export const JobState = z.enum(jobStates);
export type JobState = z.output<typeof JobState>;

/** Progress of a run: one object for terminals, pages and bots. */
export const RunProgress = z.object({
  /** Optimizer steps over all epochs, from 1. */
  step: z.int(),
  total_steps: z.int(),
  /** Epoch, from 0. */
  epoch: z.int(),
  total_epochs: z.int(),
  /** Loss of the last batch, in nats per token. */
  train_loss: figure,
  lr: figure,
  /** Before clipping. */
  grad_norm: figure,
  tokens_per_sec: figure,
  eta_seconds: figure,
  /** Losses of the latest validation and of the best. */
  val_loss: figure,
  best_val_loss: figure,
  test_loss: figure,
  /** Step of the newest checkpoint. */
  checkpoint_step: z.int().nullable(),
  rss_bytes: figure,
});
export type RunProgress = z.output<typeof RunProgress>;

/** GET /runs/{run_id} */
export const RunStatus = z.object({
  run_id: z.string(),
  status: JobState,
  /** Unix seconds of the last sign of life. */
  last_heartbeat_ts: z.number().nullable(),
  message: z.string().nullable(),
  /** Percent. */
  progress: z.int(),
  created_at: z.string(),
  updated_at: z.string(),
  error: z.string().nullable().describe("Reason of its failure; of a completed run: why it was not trained on."),
  model_family: z.string().nullable(),
  model_size: z.string().nullable(),
  artifact_file_id: z.string().nullable(),
  training: RunProgress.nullable(),
});
export type RunStatus = z.output<typeof RunStatus>;

const known = <S extends z.ZodType>(schema: S) => schema.nullish();

/** A run of a list: its status, and what its record, its manifest and its notes say of it. Null: not known. */
export const ListedRun = RunStatus.extend({
  managed: z
    .boolean()
    .optional()
    .describe(
      "False for a run that was trained without the service: it can be used and removed, but not resumed here.",
    ),
  corpus: known(z.string()).describe("Id of the corpus, or its path."),
  tokenizer_id: known(z.string()),
  tags: z.array(z.string()).optional(),
  best_val_loss: known(z.number()).describe("In nats per token."),
  bits_per_byte: known(z.number()).describe("Of the evaluation at the end, or of the test."),
  started_at: known(z.string()).describe("ISO 8601, UTC."),
  ended_at: known(z.string()).describe("ISO 8601, UTC."),
  duration_seconds: known(z.number()).describe("Over all sessions of a run that was resumed."),
  sparkline: known(z.array(z.number())).describe(
    "At most 24 training losses, evenly over the run so far; null in lists by `cursor`.",
  ),
});
export type ListedRun = z.output<typeof ListedRun>;

/** Most of what is written on a run. */
const MOST = { tags: 20, tagCharacters: 40, noteBytes: 16 << 10 } as const;

const Tag = text
  .trim()
  .min(1, "must not be blank")
  .max(MOST.tagCharacters, `must have at most ${MOST.tagCharacters} characters`)
  .refine((tag) => !/\p{Cc}/u.test(tag), "must have no line breaks or other control characters");

/** PUT and GET /runs/{run_id}/notes: `notes.json` in the run's folder. */
export const RunNotes = z
  .strictObject({
    tags: z
      .array(Tag)
      .transform((tags) => [...new Set(tags)])
      .pipe(z.array(z.string()).max(MOST.tags, `must be at most ${MOST.tags}`))
      .describe("Each of 1 to 40 characters; one that is given twice is kept once."),
    note: text
      .refine(
        (note) => new TextEncoder().encode(note).length <= MOST.noteBytes,
        `must have at most ${MOST.noteBytes} bytes of UTF-8`,
      )
      .describe("Any text, of at most 16 KiB."),
  })
  .meta({ example: { tags: ["baseline"], note: "The longer context did not help." } });
export type RunNotes = z.output<typeof RunNotes>;

/** Columns that a list of runs can be sorted by. */
export const runSorts = [
  "created_at",
  "updated_at",
  "started_at",
  "ended_at",
  "duration_seconds",
  "run_id",
  "status",
  "progress",
  "model",
  "corpus",
  "tokenizer_id",
  "val_loss",
  "bits_per_byte",
] as const;
export const RunSort = z.enum(runSorts);
export type RunSort = z.output<typeof RunSort>;

/** GET /runs: `next` is the cursor of the page after; `total` is there where pages are asked for by their offset. */
export const RunList = z.object({
  runs: z.array(ListedRun),
  next: z.string().nullable(),
  total: z.int().optional().describe("Number of runs on all pages."),
});
export type RunList = z.output<typeof RunList>;

/** GET /runs/{run_id}/artifact */
export const ArtifactPointer = z.object({ storage: z.literal("data-bank"), file_id: z.string() });
export type ArtifactPointer = z.output<typeof ArtifactPointer>;

/** DELETE /runs/{run_id} */
export const RunRemoved = z.object({ run_id: z.string(), bytes: z.int().describe("How many that freed.") });
export type RunRemoved = z.output<typeof RunRemoved>;

/** GET /runs/{run_id}/manifest: the file in the run's folder. */
export const ManifestAnswer = z.looseObject({ run_id: z.string(), status: z.string() });
export type ManifestAnswer = z.output<typeof ManifestAnswer>;

export const CancelAccepted = z.object({ status: z.literal("cancellation-requested") });
export type CancelAccepted = z.output<typeof CancelAccepted>;
