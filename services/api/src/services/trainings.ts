import { randomBytes } from "node:crypto";
import {
  keptSettings,
  RunId,
  type StoredRequest,
  type TrainAccepted,
  type TrainRequest,
  type TrainSettings,
} from "@trainer/platform";
import type { RunRecords } from "@trainer/platform/redis";
import type { FamilyInfo } from "@trainer/models/capabilities";
import type { Home, RequestStore, TextRoot } from "@trainer/training/files";
import type { Redis } from "ioredis";
import { checkModel, checkOptions, checkVocabSize } from "./check-model.js";
import { checkText } from "./check-text.js";
import { idempotent } from "./idempotency.js";
import type { Jobs } from "./jobs.js";
import { whereHomeIs } from "./where-home-is.js";

export interface TrainingsDeps {
  readonly records: RunRecords;
  readonly jobs: Jobs;
  readonly home: Home;
  readonly store: RequestStore<StoredRequest>;
  readonly redis: Redis;
  readonly texts: TextRoot;
  readonly families: ReadonlyMap<string, FamilyInfo>;
}

/** Takes trainings in. */
export class Trainings {
  readonly #deps: TrainingsDeps;

  constructor(deps: TrainingsDeps) {
    this.#deps = deps;
  }

  /**
   * Queues a training. Its record is written before its job, so that nobody finds a run missing.
   * @param key of the client's own: the same key and request give the same run
   */
  async enqueue(request: TrainRequest, key: string | undefined): Promise<TrainAccepted> {
    const { records, jobs, redis } = this.#deps;
    const { user_id: userId, ...settings } = request;
    await this.check(settings);
    await jobs.assertRoom("train");
    const proposed = newRunId(settings);
    const runId =
      key === undefined
        ? proposed
        : RunId.parse(await idempotent(redis, key, { ...keptSettings(settings), user_id: userId }, proposed));
    const known = runId === proposed ? null : await records.get(runId);
    const accepted = { run_id: runId, job_id: runId };
    if (known === null) await this.#create(runId, userId, settings);
    else if (known.status !== "queued") return accepted;
    // Also for a known one that is still queued: the process that accepted it may have died right after.
    await jobs.add("train", runId, { run_id: runId, user_id: userId, request: settings });
    return accepted;
  }

  /**
   * Refuses what no worker could train.
   * @throws AppError UNSUPPORTED_BACKEND, INVALID_MODEL_SIZE, INVALID_INPUT, CORPUS_NOT_FOUND
   */
  async check(settings: TrainSettings): Promise<void> {
    const { texts, families } = this.#deps;
    checkModel(settings, families);
    checkVocabSize(settings);
    checkOptions(settings);
    await checkText(texts, "corpus_path", settings.corpus_path, "corpus");
    for (const path of settings.corpus_paths ?? []) await checkText(texts, "corpus_paths", path, "corpus");
  }

  /** Also on the disk, where workers find what a Redis has forgotten that lost its data. */
  async #create(runId: string, userId: bigint, request: TrainSettings): Promise<void> {
    const { records, home, store } = this.#deps;
    const now = new Date();
    await records.create(runId, userId, request, now);
    const createdAt = now.toISOString().slice(0, -1);
    await whereHomeIs(home, () => store.keep(runId, { userId, createdAt, request }));
  }
}

/** Family, size and second, as other systems name runs, and what keeps runs of one second apart. */
const newRunId = ({ model_family, model_size }: TrainSettings): RunId =>
  RunId.parse(`${model_family}-${model_size}-${Math.floor(Date.now() / 1000)}-${randomBytes(4).toString("hex")}`);
