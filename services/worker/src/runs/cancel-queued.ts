import { jobs, parseJson, RunId, toJson, type Jobs } from "@trainer/platform";
import { jobsOf, type RunRecords } from "@trainer/platform/redis";
import type { Job, Queue } from "bullmq";
import type { Redis } from "ioredis";
import { z } from "zod";

/** A run that waits in the queue, with what its job carries. */
export interface QueuedRun {
  readonly runId: string;
  readonly userId: bigint;
  readonly request: Jobs["train"]["request"];
  readonly end: Jobs["train"]["end"];
}

export interface CancelQueuedOptions {
  readonly redis: Redis;
  readonly queue: Queue;
  readonly runs: RunRecords;
  /** Jobs that one look goes through. */
  readonly portion?: number;
}

/** A queue of so many jobs is looked through each time, a longer one in so many portions. */
const PORTION = 2000;

const WAITING: ReadonlySet<string> = new Set(["waiting", "delayed"]);

/**
 * Finds the runs in a queue that are to be stopped before anybody has begun them, and takes them out of it. Those whose
 * stop was asked for here are known by their ids. Others only set a run's flag: they are found when the look, which goes
 * through a long queue a portion at a time, comes to their jobs.
 */
export class CancelQueued {
  readonly #redis: Redis;
  readonly #queue: Queue;
  readonly #runs: RunRecords;
  readonly #portion: number;
  readonly #toKey = (type: string): string => this.#queue.toKey(type);
  /** The run of each job that this round and the one before have come to: it never changes, and is fetched once. */
  #known = new Map<string, RunId | null>();
  #before: ReadonlyMap<string, RunId | null> = new Map();
  /** Place in the queue at which the next look begins. */
  #from = 0;

  constructor({ redis, queue, runs, portion = PORTION }: CancelQueuedOptions) {
    this.#redis = redis;
    this.#queue = queue;
    this.#runs = runs;
    this.#portion = portion;
  }

  /** The runs that were taken out: nobody else will ever see them. */
  async take(): Promise<QueuedRun[]> {
    const waiting = await this.#next();
    const cancelled = await this.#runs.cancelled([...new Set(waiting.values())]);
    const jobIds = new Set([...waiting].flatMap(([jobId, runId]) => (cancelled.has(runId) ? [jobId] : [])));
    for (const runId of await this.#runs.stopping()) jobIds.add(runId); // a run's first job has its id
    const taken: QueuedRun[] = [];
    for (const jobId of jobIds) {
      const run = await this.#takeOut(jobId);
      if (run !== null) taken.push(run);
    }
    return taken;
  }

  /** Null for a job that does not wait: one that has begun sees by itself that it is to stop. */
  async #takeOut(jobId: string): Promise<QueuedRun | null> {
    if (!WAITING.has(await this.#queue.getJobState(jobId))) return null;
    const run = runOf(await this.#queue.getJob(jobId));
    return run !== null && (await this.#queue.remove(jobId)) === 1 ? run : null;
  }

  /** The runs of the next portion of jobs, by their jobs. */
  async #next(): Promise<Map<string, RunId>> {
    const [from, to] = [this.#from, this.#from + this.#portion - 1];
    const [wait, delayed] = await Promise.all([
      this.#redis.lrange(this.#toKey("wait"), from, to),
      this.#redis.zrange(this.#toKey("delayed"), from, String(to)),
    ]);
    const ids = [...wait, ...delayed];
    for await (const { id, name, data } of jobsOf(
      this.#redis,
      this.#toKey,
      ids.filter((id) => !this.#isKnown(id)),
    ))
      this.#known.set(id, runIn(name, data));
    const found = new Map<string, RunId>();
    for (const id of ids) {
      const run = this.#known.get(id) ?? this.#before.get(id) ?? null;
      this.#known.set(id, run);
      if (run !== null) found.set(id, run);
    }
    this.#from = Math.max(wait.length, delayed.length) < this.#portion ? 0 : to + 1;
    if (this.#from === 0) {
      this.#before = this.#known;
      this.#known = new Map();
    }
    return found;
  }

  #isKnown(jobId: string): boolean {
    return this.#known.has(jobId) || this.#before.has(jobId);
  }
}

const Named = z.object({ run_id: RunId });

/** The run that a job trains, by what it was asked. */
export function runIn(name: string, data: string): RunId | null {
  if (name !== "train") return null;
  try {
    return Named.parse(JSON.parse(data)).run_id;
  } catch {
    return null;
  }
}

/** The run that a job trains; null for one that does something else, or is gone. */
export function runOf(job: Job | undefined): QueuedRun | null {
  if (job?.name !== "train") return null;
  const { data } = jobs.train.safeParse(parseJson(toJson(job.data)));
  return data === undefined ? null : { runId: data.run_id, userId: data.user_id, request: data.request, end: data.end };
}
