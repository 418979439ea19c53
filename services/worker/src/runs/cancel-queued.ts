import { jobs, keys, parseJson, toJson, type Jobs } from "@trainer/platform";
import type { Job, Queue } from "bullmq";
import type { Redis } from "ioredis";

/** A run that waits in the queue, with what its job carries. */
export interface QueuedRun {
  readonly runId: string;
  readonly userId: bigint;
  readonly request: Jobs["train"]["request"];
}

/** Finds the runs in a queue that are to be stopped before anybody has begun them, and takes them out of it. */
export class CancelQueued {
  readonly #redis: Redis;
  readonly #queue: Queue;
  /** Subject of each waiting job: it never changes, and is fetched once. */
  #jobs: ReadonlyMap<string, QueuedRun | null> = new Map();

  constructor(redis: Redis, queue: Queue) {
    this.#redis = redis;
    this.#queue = queue;
  }

  /** The runs that were taken out: nobody else will ever see them. */
  async take(): Promise<QueuedRun[]> {
    const waiting = await this.#waiting();
    if (waiting.length === 0) return [];
    const flags = await this.#redis.mget(waiting.map(([, { runId }]) => keys.cancelled(runId)));
    const taken: QueuedRun[] = [];
    for (const [jobId, run] of waiting.filter((_, i) => flags[i] === "1")) {
      if ((await this.#queue.remove(jobId)) === 1) taken.push(run); // else it has begun meanwhile, and will see it
    }
    return taken;
  }

  async #waiting(): Promise<(readonly [jobId: string, run: QueuedRun])[]> {
    const [wait, delayed] = await Promise.all([
      this.#redis.lrange(this.#queue.toKey("wait"), 0, -1),
      this.#redis.zrange(this.#queue.toKey("delayed"), 0, "-1"),
    ]);
    const jobs = new Map<string, QueuedRun | null>();
    for (const id of [...wait, ...delayed]) {
      const known = this.#jobs.get(id);
      jobs.set(id, known === undefined ? runOf(await this.#queue.getJob(id)) : known);
    }
    this.#jobs = jobs;
    return [...jobs].flatMap(([jobId, run]) => (run === null ? [] : [[jobId, run] as const]));
  }
}

/** The run that a job trains; null for one that does something else, or is gone. */
export function runOf(job: Job | undefined): QueuedRun | null {
  if (job?.name !== "train") return null;
  const { data } = jobs.train.safeParse(parseJson(toJson(job.data)));
  return data === undefined ? null : { runId: data.run_id, userId: data.user_id, request: data.request };
}
