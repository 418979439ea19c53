import { percentOf, progressOf, textsNamed, type RunStatus } from "@trainer/platform";
import type { RunRecord } from "@trainer/platform/redis";
import type { RunManifest, Standing } from "@trainer/training/files";

/** A run of a list; null: not known. */
export interface Listed extends RunStatus {
  readonly managed: boolean;
  readonly corpus: string | null;
  readonly tokenizer_id: string | null;
  readonly tags: string[];
  readonly best_val_loss: number | null;
  readonly bits_per_byte: number | null;
  readonly started_at: string | null;
  readonly ended_at: string | null;
  readonly duration_seconds: number | null;
}

/** A run's status by its record. */
export const statusOf = (record: RunRecord): RunStatus => ({
  run_id: record.runId,
  status: record.status,
  last_heartbeat_ts: record.heartbeat,
  message: record.message,
  progress: record.progress,
  created_at: record.createdAt,
  updated_at: record.updatedAt,
  error: record.error,
  model_family: record.modelFamily,
  model_size: record.modelSize,
  artifact_file_id: record.artifactFileId,
  training: record.training,
});

/** A run as its record has it. */
export const fromRecord = (record: RunRecord): Listed => ({
  ...statusOf(record),
  managed: true,
  corpus: textsNamed(record.request ?? {}).join(", ") || null,
  tokenizer_id: record.request?.tokenizer_id || null,
  tags: [],
  best_val_loss: record.training?.best_val_loss ?? null,
  bits_per_byte: null,
  started_at: null,
  ended_at: null,
  duration_seconds: null,
});

/** A run as its files have it. */
export function fromManifest(runId: string, { manifest, left }: Standing, tags: readonly string[]): Listed {
  const training = progressOf(manifest, null);
  const { started_at, finished_at, error, evaluation } = manifest;
  return {
    run_id: runId,
    ...outcomeOf(manifest, left),
    last_heartbeat_ts: null,
    progress: manifest.status === "completed" ? 100 : percentOf(training),
    created_at: withoutZone(started_at),
    updated_at: withoutZone(finished_at ?? started_at),
    error,
    model_family: manifest.model_family,
    model_size: manifest.model_size,
    artifact_file_id: manifest.artifact_file_id,
    training,
    managed: false,
    corpus: manifest.corpus_path,
    tokenizer_id: manifest.tokenizer_id || null,
    tags: [...tags],
    best_val_loss: manifest.best_val_loss,
    bits_per_byte: evaluation?.bits_per_byte ?? manifest.test_bits_per_byte,
    started_at,
    ended_at: finished_at,
    duration_seconds: manifest.duration_seconds,
  };
}

/** A run whose manifest cannot be read. */
export const damaged = (runId: string, at: Date): Listed => ({
  run_id: runId,
  status: "failed",
  last_heartbeat_ts: null,
  message: null,
  progress: 0,
  created_at: withoutZone(at.toISOString()),
  updated_at: withoutZone(at.toISOString()),
  error: "its manifest.json cannot be read: put an earlier copy of it back, or remove the run",
  model_family: null,
  model_size: null,
  artifact_file_id: null,
  training: null,
  managed: false,
  corpus: null,
  tokenizer_id: null,
  tags: [],
  best_val_loss: null,
  bits_per_byte: null,
  started_at: null,
  ended_at: null,
  duration_seconds: null,
});

/** A run by its record and its files: how it is, the record says; what became of it, the files; undefined for neither. */
export function merged(record: Listed | undefined, files: Listed | undefined): Listed | undefined {
  if (record === undefined || files === undefined) return record ?? files;
  const { corpus, tokenizer_id, best_val_loss, model_family, model_size } = record;
  return {
    ...files,
    ...record,
    corpus: corpus ?? files.corpus,
    tokenizer_id: tokenizer_id ?? files.tokenizer_id,
    model_family: model_family ?? files.model_family,
    model_size: model_size ?? files.model_size,
    best_val_loss: best_val_loss ?? files.best_val_loss,
    tags: files.tags,
    bits_per_byte: files.bits_per_byte,
    started_at: files.started_at,
    ended_at: files.ended_at,
    duration_seconds: files.duration_seconds,
  };
}

/** Records have times without a zone, in UTC. */
const withoutZone = (time: string): string => time.replace(/Z$/, "");

/** One that was stopped has failed, for clients. */
function outcomeOf({ status, error }: RunManifest, left: boolean): Pick<Listed, "status" | "message"> {
  if (left) return { status: "failed", message: "Training interrupted: its process is gone" };
  switch (status) {
    case "running":
      return { status, message: "training" };
    case "completed":
      return { status, message: "Training completed" };
    case "failed":
      return { status, message: error };
    case "interrupted":
      return { status: "failed", message: "Training cancelled" };
  }
}
