import {
  AppError,
  type ArtifactPointer,
  type CancelAccepted,
  type JobState,
  type RunList,
  type RunStatus,
} from "@trainer/platform";
import type { RunRecord, RunRecords } from "@trainer/platform/redis";

/** Tells of runs, and stops them. */
export class Runs {
  readonly #records: RunRecords;

  constructor({ records }: { readonly records: RunRecords }) {
    this.#records = records;
  }

  /** @throws AppError RUN_NOT_FOUND */
  async status(runId: string): Promise<RunStatus> {
    const record = await this.#records.get(runId);
    if (record === null) throw new AppError("RUN_NOT_FOUND", "run not found");
    return statusOf(record);
  }

  async list(limit: number, cursor: number | null, status: JobState | null): Promise<RunList> {
    const { runs, next } = await this.#records.list(limit, cursor, status);
    return { runs: runs.map(statusOf), next: next === null ? null : String(next) };
  }

  /** Of a run that nobody knows too: it may be about to be queued. */
  async cancel(runId: string): Promise<CancelAccepted> {
    await this.#records.requestCancel(runId);
    return { status: "cancellation-requested" };
  }

  /** @throws AppError DATA_NOT_FOUND */
  async artifact(runId: string): Promise<ArtifactPointer> {
    const fileId = await this.#records.artifact(runId);
    if (fileId === null) throw new AppError("DATA_NOT_FOUND", "artifact pointer not found");
    return { storage: "data-bank", file_id: fileId };
  }
}

const statusOf = (record: RunRecord): RunStatus => ({
  run_id: record.runId,
  status: record.status,
  last_heartbeat_ts: record.heartbeat,
  message: record.message,
  progress: record.progress,
  created_at: record.createdAt,
  updated_at: record.updatedAt,
  error: record.error,
  model_family: record.request?.model_family ?? null,
  model_size: record.request?.model_size ?? null,
  artifact_file_id: record.artifactFileId,
  training: record.training,
});
