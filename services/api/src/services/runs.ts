import { randomUUID } from "node:crypto";
import {
  AppError,
  type ArtifactPointer,
  type CancelAccepted,
  type JobState,
  type RunList,
  type RunRemoved,
  type RunStatus,
  type TrainAccepted,
} from "@trainer/platform";
import type { RunRecord, RunRecords } from "@trainer/platform/redis";
import { removeRun, TrainingError, type Home } from "@trainer/training/files";
import { checkRunId } from "./check-run-id.js";
import type { Jobs } from "./jobs.js";

export interface RunsDeps {
  readonly home: Home;
  readonly records: RunRecords;
  readonly jobs: Jobs;
}

/** Lists, cancels, resumes and removes runs. */
export class Runs {
  readonly #home: Home;
  readonly #records: RunRecords;
  readonly #jobs: Jobs;

  constructor({ home, records, jobs }: RunsDeps) {
    this.#home = home;
    this.#records = records;
    this.#jobs = jobs;
  }

  /** @throws AppError RUN_NOT_FOUND */
  async status(runId: string): Promise<RunStatus> {
    return statusOf(await this.#need(runId));
  }

  async list(limit: number, cursor: number | null, status: JobState | null): Promise<RunList> {
    const { runs, next } = await this.#records.list(limit, cursor, status);
    return { runs: runs.map(statusOf), next: next === null ? null : String(next) };
  }

  /** Works for an unknown run too: it may be about to be queued. */
  async cancel(runId: string): Promise<CancelAccepted> {
    await this.#records.requestCancel(runId);
    return { status: "cancellation-requested" };
  }

  /**
   * Queues a run that has failed or was stopped once more: a worker goes on from its newest checkpoint.
   * @throws AppError RUN_NOT_FOUND, CONFLICT
   */
  async resume(run: string): Promise<TrainAccepted> {
    const runId = checkRunId(run);
    const record = await this.#need(runId);
    await this.#jobs.assertRoom("train");
    if (record.status === "completed") {
      const message = `run ${runId} is completed: a new run that names it as pretrained_run_id trains it further`;
      throw new AppError("CONFLICT", message);
    }
    if (record.status !== "failed") throw new AppError("CONFLICT", `run ${runId} is ${record.status} already`);
    if (record.request === null)
      throw new AppError("CONFLICT", `run ${runId} was asked for elsewhere: what it is to do is not known here`);
    await this.#records.clearCancel(runId);
    await this.#records.set(runId, { status: "queued", message: "waits for a worker to go on", error: null });
    const jobId = randomUUID(); // the job that failed is kept for a while under the run's id
    await this.#jobs.add("train", jobId, { run_id: runId, user_id: record.userId, request: record.request });
    return { run_id: runId, job_id: jobId };
  }

  /**
   * Removes a run that has ended, with all its files here; its archive in the file service stays.
   * @throws AppError RUN_NOT_FOUND, CONFLICT
   */
  async remove(runId: string): Promise<RunRemoved> {
    checkRunId(runId);
    const { status } = await this.#need(runId);
    if (status === "queued" || status === "running")
      throw new AppError("CONFLICT", `run ${runId} is ${status}: stop it before it is removed`);
    const bytes = await this.#removeFiles(runId); // first: by them a worker would make up for a record that is not there
    await this.#records.remove(runId);
    return { run_id: runId, bytes };
  }

  /** 0 where nothing is left of it here. */
  async #removeFiles(runId: string): Promise<number> {
    try {
      return (await removeRun(this.#home, runId)).bytes;
    } catch (cause) {
      const { code } = TrainingError.from(cause);
      if (code === "RUN_NOT_FOUND") return 0;
      if (code !== "CONFLICT") throw cause;
      const message = `run ${runId} is in use: a model that was asked something stays open for a while, try again later`;
      throw new AppError("CONFLICT", message, { cause });
    }
  }

  async #need(runId: string): Promise<RunRecord> {
    const record = await this.#records.get(runId);
    if (record === null) throw new AppError("RUN_NOT_FOUND", "run not found");
    return record;
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
  model_family: record.modelFamily,
  model_size: record.modelSize,
  artifact_file_id: record.artifactFileId,
  training: record.training,
});
