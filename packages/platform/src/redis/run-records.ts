import { at } from "@trainer/disk";
import type { Redis } from "ioredis";
import { z } from "zod";
import { AppError } from "../errors.js";
import { encodeEvent, type TrainerEvent } from "../events.js";
import { toWireJson } from "../json.js";
import { JOB_TIMEOUT_SECONDS } from "../queue.js";
import { EVENTS_CHANNEL, keys, runChannel } from "../redis-keys.js";
import { Sha256 } from "../schemas/file-info.js";
import { NewEnd } from "../schemas/new-end.js";
import { RunProgress, type JobState } from "../schemas/run.js";
import { keptSettings, TrainSettings } from "../schemas/train.js";
import { UserIdText } from "../schemas/user-id.js";
import { claimRun, writeFenced, type Command, type Fence } from "./fence.js";
import { parsed } from "./parsed.js";
import { redisTime } from "./redis-clock.js";
import { CANCEL, REQUEUE } from "./run-scripts.js";
import { scored } from "./scored.js";
import { valuesOf } from "./values-of.js";

/** The words that the hash has for a run's state; nothing else may ever stand there. */
const STORED = { queued: "queued", running: "processing", completed: "completed", failed: "failed" } as const;
const STATES = { queued: "queued", processing: "running", completed: "completed", failed: "failed" } as const;

const Hash = z.object({
  user_id: UserIdText,
  status: z.enum(["queued", "processing", "completed", "failed"]),
  progress: z.coerce.number().int(),
  message: z.string().default(""),
  created_at: z.string().min(1),
  updated_at: z.string().min(1),
  error: z.string().default(""),
  artifact_file_id: z.string().default(""),
  model_family: z.string().default(""),
  model_size: z.string().default(""),
});

export interface RunRecord {
  readonly runId: string;
  readonly userId: bigint;
  readonly status: JobState;
  /** Percent. */
  readonly progress: number;
  readonly message: string | null;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly error: string | null;
  readonly artifactFileId: string | null;
  /** Unix seconds of the last sign of life. */
  readonly heartbeat: number | null;
  readonly training: RunProgress | null;
  /** Null for a record that another system made, or that was restored from a manifest alone. */
  readonly request: TrainSettings | null;
  /** The new end that it was last queued with; null without one. */
  readonly end: NewEnd | null;
  /** Null for a record that another system made. */
  readonly modelFamily: string | null;
  readonly modelSize: string | null;
}

/** Changes of a run's record; omitted fields stay. */
export interface RunChange {
  readonly status?: JobState;
  readonly progress?: number;
  readonly message?: string | null;
  readonly error?: string | null;
  readonly artifactFileId?: string;
  readonly training?: RunProgress;
}

/** Records of runs in Redis: written by workers, read by the API. */
export class RunRecords {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  /** Creates the record of a requested run, before it is queued. */
  async create(runId: string, userId: bigint, request: TrainSettings, now = new Date()): Promise<void> {
    const at = stamp(now);
    const hash = { user_id: String(userId), progress: 0, created_at: at, error: "", artifact_file_id: "" };
    const commands: Command[] = [
      ["HSET", keys.job(runId), ...Object.entries(hash).flat()],
      ...changes(runId, { status: "queued", message: "queued" }, at),
      ["SET", keys.request(runId), toWireJson(keptSettings(request))],
      ["ZADD", keys.runs, place(now.getTime()), runId],
    ];
    await this.#all(commands);
  }

  /** Null if there is none. @throws AppError DATABASE_ERROR for a record that is damaged */
  async get(runId: string): Promise<RunRecord | null> {
    const [stored] = await this.#stored([runId]);
    return stored === undefined ? null : recordOf(stored);
  }

  /** The records of these runs, without those that are damaged or not there. */
  async many(runIds: readonly string[]): Promise<RunRecord[]> {
    const runs: RunRecord[] = [];
    for (const ids of chunks(runIds)) runs.push(...(await this.#stored(ids)).flatMap(readable));
    return runs;
  }

  /** Time of the last change of each run's record, by one command: for who keeps what it has read. */
  async revisions(): Promise<Map<string, string>> {
    const rows = await this.#redis.sort(keys.runs, "BY", "nosort", "GET", "#", "GET", `${keys.job("*")}->updated_at`);
    const found = Rows.parse(rows);
    return new Map(found.flatMap((id, i) => (i % 2 === 0 && id !== null ? [[id, found[i + 1] ?? ""] as const] : [])));
  }

  /** The existing records of these runs, in one round trip. */
  async #stored(runIds: readonly string[]): Promise<Stored[]> {
    const pipeline = this.#redis.pipeline();
    for (const id of runIds)
      pipeline.hgetall(keys.job(id)).mget(keys.heartbeat(id), keys.progress(id), keys.request(id), keys.newEnd(id));
    const answers = valuesOf(await pipeline.exec());
    return runIds.flatMap((runId, i) => {
      const hash = z.record(z.string(), z.string()).parse(answers[2 * i]);
      return Object.keys(hash).length === 0 ? [] : [{ runId, hash, others: Others.parse(answers[2 * i + 1]) }];
    });
  }

  /**
   * The newest runs first, without those whose records are damaged: one must not hide all others.
   * @param before only those requested before this moment, in milliseconds; a page's `next` is that of the page after
   * @param status only those in this state; a page may then have fewer than `limit`, and not be the last
   */
  async list(
    limit: number,
    before: number | null = null,
    status: JobState | null = null,
  ): Promise<{ runs: RunRecord[]; next: number | null }> {
    const size = status === null ? limit : SCANNED;
    const from = before === null ? "+inf" : `(${before}`;
    const rows = await this.#redis.zrange(keys.runs, from, "-inf", "BYSCORE", "REV", "LIMIT", 0, size, "WITHSCORES");
    const places = scored(rows);
    const last = places.size < size ? null : Number(rows.at(-1));
    const all = (await this.#stored([...places.keys()])).flatMap(readable);
    if (status === null) return { runs: all, next: last };
    const found = all.flatMap((run) => (run.status === status ? [{ run, at: Number(places.get(run.runId)) }] : []));
    return { runs: found.slice(0, limit).map(({ run }) => run), next: found[limit - 1]?.at ?? last };
  }

  /** Ids of those that wait or are at work, the newest first, by their status word alone: there may be very many. */
  async openIds(): Promise<string[]> {
    const open: string[] = [];
    for (const ids of chunks(await this.#redis.zrange(keys.runs, "+inf", "-inf", "BYSCORE", "REV"))) {
      const states = await this.#redis.mget(ids.map(keys.status));
      open.push(...ids.filter((_, i) => states[i] !== "completed" && states[i] !== "failed"));
    }
    return open;
  }

  /** Those of the runs of which there is no record that can be read. */
  async unknown(runIds: readonly string[]): Promise<string[]> {
    const unknown: string[] = [];
    for (const ids of chunks(runIds)) {
      const pipeline = this.#redis.pipeline();
      for (const id of ids) pipeline.hmget(keys.job(id), ...NEEDED);
      const found = z.array(Rows).parse(valuesOf(await pipeline.exec()));
      unknown.push(...ids.filter((_, i) => !isReadable(at(found, i))));
    }
    return unknown;
  }

  /** Begins work on a run: nobody who did so before can write for it any more, the holder of the fence `after` included. */
  claim(runId: string, after: Fence = 0): Promise<Fence> {
    return claimRun(this.#redis, runId, after);
  }

  /**
   * Changes a run's record, and publishes what belongs to it, as one.
   * @throws AppError CONFLICT if another worker has claimed the run
   */
  async update(runId: string, fence: Fence, change: RunChange, events: readonly TrainerEvent[] = []): Promise<void> {
    const at = stamp(new Date());
    await writeFenced(this.#redis, runId, fence, [...changes(runId, change, at), ...events.flatMap(publication)]);
  }

  /** The same by who holds no claim: a record of a run that no worker has. */
  async set(runId: string, change: RunChange): Promise<void> {
    await this.#all(changes(runId, change, stamp(new Date())));
  }

  /**
   * Queues the record of a run that has ended once more: of several who want to, one does, and nobody's stop of before
   * holds. Returns the state that it was in.
   */
  async requeue(runId: string, message: string, end: NewEnd | null): Promise<JobState | null> {
    const change = changes(runId, { status: "queued", message, error: null }, stamp(new Date()));
    const uncancelled = [
      ["DEL", keys.cancelled(runId)],
      ["SREM", keys.stopping, runId],
    ];
    const commands = [...change, endCommand(runId, end), ...uncancelled];
    const args = JSON.stringify(commands.map((command) => command.map(String)));
    return Before.parse(await this.#redis.eval(REQUEUE, 1, keys.job(runId), args));
  }

  /** Restores the record of a run that Redis has forgotten. */
  async restore(record: Omit<RunRecord, "heartbeat">): Promise<void> {
    const { runId, userId, createdAt, updatedAt, request, end, training, modelFamily, modelSize, ...rest } = record;
    const change = { ...rest, ...(training && { training }) };
    const model = { model_family: modelFamily ?? "", model_size: modelSize ?? "" };
    const hash = { user_id: String(userId), created_at: createdAt, ...model };
    await this.#all([
      ["HSET", keys.job(runId), ...Object.entries(hash).flat()],
      ...changes(runId, { ...change, artifactFileId: change.artifactFileId ?? "" }, updatedAt),
      ...(request === null ? [] : [["SET", keys.request(runId), toWireJson(keptSettings(request))] as const]),
      endCommand(runId, end),
      ["ZADD", keys.runs, place(Date.parse(`${createdAt}Z`)), runId],
    ]);
  }

  async publish(event: TrainerEvent): Promise<void> {
    await this.#all(publication(event));
  }

  /** The time by which heartbeats are given and judged, in ms since 1970. */
  now(): Promise<number> {
    return redisTime(this.#redis);
  }

  /** A sign of life. @throws AppError CONFLICT if another worker has claimed the run */
  async heartbeat(runId: string, fence: Fence, at: number | null = null): Promise<void> {
    const now = at ?? (await this.now());
    await writeFenced(this.#redis, runId, fence, [["SET", keys.heartbeat(runId), (now / 1000).toFixed(3)]]);
  }

  /** For an ended or unknown run the flag expires; else it holds until the run has ended. */
  async requestCancel(runId: string): Promise<void> {
    const places = [keys.cancelled(runId), keys.job(runId), keys.stopping];
    await this.#redis.eval(CANCEL, places.length, ...places, CANCEL_TTL_SECONDS, runId);
  }

  /** Forgets a run. What still works on it, unknown to its record, can write nothing more for it. */
  async remove(runId: string): Promise<void> {
    await this.claim(runId);
    const places = [keys.job, keys.heartbeat, keys.status, keys.message, keys.messageAlias, keys.artifact];
    const more = [keys.evaluation, keys.progress, keys.request, keys.newEnd, keys.cancelled];
    await this.#all([
      ["SREM", keys.stopping, runId],
      ["DEL", ...[...places, ...more].map((place) => place(runId))],
      ["ZREM", keys.runs, runId],
      ["EXPIRE", keys.fence(runId), FENCE_TTL_SECONDS],
    ]);
  }

  async isCancelled(runId: string): Promise<boolean> {
    return (await this.#redis.get(keys.cancelled(runId))) === "1";
  }

  /** Those of these runs that are to stop. */
  async cancelled(runIds: readonly string[]): Promise<Set<string>> {
    if (runIds.length === 0) return new Set();
    const flags = await this.#redis.mget(runIds.map(keys.cancelled));
    return new Set(runIds.filter((_, i) => flags[i] === "1"));
  }

  /** Runs whose stop was asked for and that have not been seen to end, a portion of them where they are many. */
  async stopping(): Promise<string[]> {
    const runIds = await this.#redis.srandmember(keys.stopping, SCANNED);
    const cancelled = await this.cancelled(runIds);
    const over = runIds.filter((id) => !cancelled.has(id));
    if (over.length > 0) await this.#redis.srem(keys.stopping, ...over);
    return [...cancelled];
  }

  async clearCancel(runId: string): Promise<void> {
    await this.#redis.multi().del(keys.cancelled(runId)).srem(keys.stopping, runId).exec();
  }

  /** The archive's id in the file service. */
  artifact(runId: string): Promise<string | null> {
    return this.#redis.get(keys.artifact(runId));
  }

  /** The same, by which the archive is asked for; null also for what others have written that is no hash. */
  async archive(runId: string): Promise<Sha256 | null> {
    return Sha256.safeParse(await this.artifact(runId)).data ?? null;
  }

  async #all(commands: readonly Command[]): Promise<void> {
    const transaction = this.#redis.multi();
    for (const [name, ...args] of commands) transaction.call(name, ...args);
    valuesOf(await transaction.exec());
  }
}

const Before = Hash.shape.status.transform((word) => STATES[word]).nullable();

const endCommand = (runId: string, end: NewEnd | null): Command =>
  end === null ? ["DEL", keys.newEnd(runId)] : ["SET", keys.newEnd(runId), toWireJson(end)];

const CANCEL_TTL_SECONDS = 86_400;
/** Longer than a job may take. */
const FENCE_TTL_SECONDS = 2 * JOB_TIMEOUT_SECONDS;

/** Number of runs that are scanned at a time for those in one state. */
const SCANNED = 1000;

const chunks = (ids: readonly string[]): string[][] =>
  Array.from({ length: Math.ceil(ids.length / SCANNED) }, (_, i) => ids.slice(i * SCANNED, (i + 1) * SCANNED));

/**
 * Score in the list of all runs; the fraction separates runs of one millisecond, so that none falls between two pages.
 */
const place = (createdMs: number): number => createdMs + Math.random();

/** Both channels carry every event, in the same order. */
const publication = (event: TrainerEvent): Command[] =>
  [EVENTS_CHANNEL, runChannel(event.job_id)].map((channel) => ["PUBLISH", channel, encodeEvent(event)]);

function changes(runId: string, change: RunChange, at: string): Command[] {
  const { status, progress, message, error, artifactFileId, training } = change;
  const fields: (string | number)[] = ["updated_at", at];
  const more: Command[] = [];
  if (status !== undefined) {
    fields.push("status", STORED[status]);
    more.push(["SET", keys.status(runId), status]);
  }
  if (progress !== undefined) fields.push("progress", progress);
  if (error !== undefined) fields.push("error", error ?? "");
  if (message !== undefined) {
    fields.push("message", message ?? "");
    more.push(["SET", keys.message(runId), message ?? ""], ["SET", keys.messageAlias(runId), message ?? ""]);
  }
  if (artifactFileId !== undefined) {
    fields.push("artifact_file_id", artifactFileId);
    if (artifactFileId !== "") more.push(["SET", keys.artifact(runId), artifactFileId]);
  }
  if (training !== undefined) more.push(["SET", keys.progress(runId), toWireJson(training)]);
  return [["HSET", keys.job(runId), ...fields], ...more];
}

/** UTC without a zone, as other readers of the hash have it. */
const stamp = (date: Date): string => date.toISOString().slice(0, -1);

/** The fields that a record cannot do without. */
const NEEDED = ["user_id", "status", "progress", "created_at", "updated_at"] as const;

const isReadable = (values: readonly (string | null)[]): boolean =>
  Hash.safeParse(Object.fromEntries(NEEDED.map((name, i) => [name, values[i] ?? undefined]))).success;

const Rows = z.array(z.string().nullable());
const Text = z.string().nullable();
const Others = z.tuple([Text, Text, Text, Text]);

interface Stored {
  readonly runId: string;
  readonly hash: object;
  readonly others: z.output<typeof Others>;
}

function readable(stored: Stored): RunRecord[] {
  try {
    return [recordOf(stored)];
  } catch {
    return [];
  }
}

/** @throws AppError DATABASE_ERROR */
function recordOf({ runId, hash, others: [heartbeat, training, request, end] }: Stored): RunRecord {
  const result = Hash.safeParse(hash);
  if (!result.success) {
    throw new AppError("DATABASE_ERROR", `the record of run ${runId} is damaged: ${z.prettifyError(result.error)}`);
  }
  const { data } = result;
  const settings = parsed(TrainSettings, request);
  return {
    runId,
    userId: data.user_id,
    status: STATES[data.status],
    progress: data.progress,
    message: data.message || null,
    createdAt: data.created_at,
    updatedAt: data.updated_at,
    error: data.error || null,
    artifactFileId: data.artifact_file_id || null,
    heartbeat: heartbeat === null ? null : Number(heartbeat),
    training: parsed(RunProgress, training),
    request: settings,
    end: parsed(NewEnd, end),
    modelFamily: data.model_family || (settings?.model_family ?? null),
    modelSize: data.model_size || (settings?.model_size ?? null),
  };
}
