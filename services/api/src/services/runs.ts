import { randomUUID } from "node:crypto";
import {
  AppError,
  isEndGiven,
  resumeInput,
  type ArtifactPointer,
  type CancelAccepted,
  type ResumeRequest,
  type RunList,
  type RunRemoved,
  type RunStatus,
  type StoredRequest,
  type TrainAccepted,
} from "@trainer/platform";
import type { RunRecord, RunRecords } from "@trainer/platform/redis";
import {
  checkNewEnd,
  isHeld,
  removeRun,
  runFolder,
  TrainingError,
  type Home,
  type RequestStore,
} from "@trainer/training/files";
import { checkRunId } from "./check-run-id.js";
import type { FolderRuns } from "./folder-runs.js";
import type { Jobs } from "./jobs.js";
import { statusOf } from "./listed-run.js";
import type { RunCatalogue, RunListQuery } from "./run-catalogue.js";
import { whereHomeIs } from "./where-home-is.js";

export interface RunsDeps {
  readonly home: Home;
  readonly records: RunRecords;
  readonly store: RequestStore<StoredRequest>;
  readonly jobs: Jobs;
  readonly folders: FolderRuns;
  readonly catalogue: RunCatalogue;
}

/** Lists, cancels, resumes and removes runs. */
export class Runs {
  readonly #home: Home;
  readonly #records: RunRecords;
  readonly #store: RunsDeps["store"];
  readonly #jobs: Jobs;
  readonly #folders: FolderRuns;
  readonly #catalogue: RunCatalogue;

  constructor({ home, records, store, jobs, folders, catalogue }: RunsDeps) {
    this.#home = home;
    this.#records = records;
    this.#store = store;
    this.#jobs = jobs;
    this.#folders = folders;
    this.#catalogue = catalogue;
  }

  /** Of a run that was trained without the service, by its manifest. @throws AppError RUN_NOT_FOUND */
  async status(runId: string): Promise<RunStatus> {
    const record = await this.#records.get(runId);
    if (record !== null) return statusOf(record);
    const found = (await this.#folders.of([runId])).get(runId);
    if (found === undefined) throw notFound();
    return found;
  }

  async list(query: RunListQuery): Promise<RunList> {
    if (query.by === "offset") return await this.#catalogue.page(query);
    const { limit, cursor, status } = query;
    const { runs, next } = await this.#records.list(limit, cursor, status);
    return { runs: await this.#catalogue.described(runs), next: next === null ? null : String(next) };
  }

  /** Works for an unknown run too: it may be about to be queued. */
  async cancel(runId: string): Promise<CancelAccepted> {
    await this.#records.requestCancel(runId);
    return { status: "cancellation-requested" };
  }

  /**
   * Queues a run that has failed or was stopped once more: a worker goes on from its newest checkpoint. With a new end
   * any run that has ended is trained on.
   * @throws AppError RUN_NOT_FOUND, CONFLICT; INVALID_INPUT for an end that it cannot have
   */
  async resume(run: string, asked: ResumeRequest): Promise<TrainAccepted> {
    const runId = checkRunId(run);
    const record = await this.#needRecord(runId);
    await this.#jobs.assertRoom("train");
    const isCompleted = record.status === "completed";
    if (isCompleted && !isEndGiven(asked)) {
      const message = `run ${runId} is completed: a new run that names it as pretrained_run_id trains it further, and so does a new end (max_steps, num_epochs or seconds)`;
      throw new AppError("CONFLICT", message);
    }
    if (!isCompleted && record.status !== "failed") throw isAlready(runId, record.status);
    const { request, userId, createdAt } = record;
    if (request === null)
      throw new AppError("CONFLICT", `run ${runId} was asked for elsewhere: what it is to do is not known here`);
    const jobId = randomUUID(); // the job that failed is kept for a while under the run's id
    const end = isEndGiven(asked) ? { ...asked, id: jobId, completed: isCompleted } : undefined;
    const isHere = end !== undefined && (await this.#checkEnd(runId, end));
    const before = await this.#records.requeue(runId, "waits for a worker to go on", end ?? null);
    if (before === null) throw notFound();
    if (before === "queued" || before === "running") throw isAlready(runId, before); // somebody else was quicker
    if (isHere) await whereHomeIs(this.#home, () => this.#store.keep(runId, { userId, createdAt, request, end }));
    await this.#jobs.add("train", jobId, { run_id: runId, user_id: userId, request, end });
    return { run_id: runId, job_id: jobId };
  }

  /** False where nothing of the run is here: its worker looks. */
  async #checkEnd(runId: string, end: ResumeRequest): Promise<boolean> {
    if (isHeld(runFolder(this.#home.root, runId).lock, Infinity)) {
      const message = `run ${runId} is being trained by another process of the server: wait for it or stop it`;
      throw new AppError("CONFLICT", message);
    }
    try {
      return await checkNewEnd(resumeInput(end), runId, this.#home);
    } catch (cause) {
      const { code, message } = TrainingError.from(cause);
      if (code === "INVALID_INPUT") throw new AppError(code, message, { cause });
      return false;
    }
  }

  /**
   * Removes a run that has ended, with all its files here; its archive in the file service stays.
   * @throws AppError RUN_NOT_FOUND, CONFLICT
   */
  async remove(runId: string): Promise<RunRemoved> {
    checkRunId(runId);
    const { status } = await this.status(runId);
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

  async #needRecord(runId: string): Promise<RunRecord> {
    const record = await this.#records.get(runId);
    if (record !== null) return record;
    await this.status(runId);
    const message = `run ${runId} was trained without the service: \`trainer resume ${runId}\` on its machine goes on with it`;
    throw new AppError("CONFLICT", message);
  }

  /** @throws AppError DATA_NOT_FOUND */
  async artifact(runId: string): Promise<ArtifactPointer> {
    const fileId = await this.#records.artifact(runId);
    if (fileId === null) throw new AppError("DATA_NOT_FOUND", "artifact pointer not found");
    return { storage: "data-bank", file_id: fileId };
  }
}

const isAlready = (runId: string, status: string) => new AppError("CONFLICT", `run ${runId} is ${status} already`);

const notFound = () => new AppError("RUN_NOT_FOUND", "run not found");
