import { z } from "zod";
import { figure } from "./fields.js";

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
  /** Reason of its failure. */
  error: z.string().nullable(),
  model_family: z.string().nullable(),
  model_size: z.string().nullable(),
  artifact_file_id: z.string().nullable(),
  training: RunProgress.nullable(),
});
export type RunStatus = z.output<typeof RunStatus>;

/** GET /runs: the newest first; `next` is the cursor of the page after. */
export const RunList = z.object({ runs: z.array(RunStatus), next: z.string().nullable() });
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
