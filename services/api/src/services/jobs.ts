import {
  AppError,
  jobData,
  neededByJob,
  queues,
  type JobKind,
  type Jobs as JobsOf,
  type QueueName,
  spanAttributes,
  type SystemInfo,
  textsNamed,
  traceData,
  unwrapped,
} from "@trainer/platform";
import { openJobs } from "@trainer/platform/redis";
import { NO_TRACING, type Tracing } from "@trainer/platform/tracing";
import { Queue } from "bullmq";
import type { Redis } from "ioredis";
import { z } from "zod";

export interface JobsOptions {
  /** Seconds that results of completed and of failed jobs are kept. */
  readonly resultTtlSec: number;
  readonly failureTtlSec: number;
  /** Jobs that may wait in a queue. */
  readonly queueLimit: number;
}

const states = ["waiting", "active", "delayed", "completed", "failed"] as const;
type QueueState = NonNullable<SystemInfo["queues"]>[number];
type ActiveJob = NonNullable<SystemInfo["jobs"]>[number];

/** The queues, on the side of who wants something done. */
export class Jobs {
  readonly #queues: Readonly<Record<QueueName, Queue>>;
  readonly #limit: number;
  readonly #tracing: Tracing;
  readonly #redis: Redis;

  constructor(
    connection: Redis,
    { resultTtlSec, failureTtlSec, queueLimit }: JobsOptions,
    tracing: Tracing = NO_TRACING,
  ) {
    this.#limit = queueLimit;
    this.#tracing = tracing;
    this.#redis = connection;
    const defaultJobOptions = { removeOnComplete: { age: resultTtlSec }, removeOnFail: { age: failureTtlSec } };
    const open = (name: QueueName) => {
      // Its look at the version, cut off by a Redis that goes away then, would fail all that is asked of it later.
      const queue = new Queue(name, { connection, defaultJobOptions, skipVersionCheck: true });
      queue.on("error", () => {}); // each request that fails by it tells
      return queue;
    };
    this.#queues = { trainer: open("trainer"), "trainer-inference": open("trainer-inference") };
  }

  /** Call before anything of a request is kept. @throws AppError RATE_LIMIT_EXCEEDED for a queue that is full */
  async assertRoom(kind: JobKind): Promise<void> {
    const { waiting = 0, delayed = 0 } = await this.#queues[queueOf(kind)].getJobCounts("waiting", "delayed");
    if (waiting + delayed < this.#limit) return;
    const message = `${waiting + delayed} jobs wait already, and no more than ${this.#limit} may (API__QUEUE_LIMIT): try again later`;
    throw new AppError("RATE_LIMIT_EXCEEDED", message, { headers: { "retry-after": "60" } });
  }

  /** Queues a job; one whose id there is already stays as it is. */
  async add<K extends JobKind>(kind: K, jobId: string, data: JobsOf[K]): Promise<void> {
    const queue = queueOf(kind);
    const about = spanAttributes(data);
    this.#tracing.active.set(about); // the request's: the ids of what it asks for are new
    const span = this.#tracing.start(`enqueue ${kind}`, {
      kind: "producer",
      attributes: { "messaging.system": "bullmq", "messaging.destination.name": queue, ...about },
    });
    try {
      await this.#queues[queue].add(kind, { ...jobData(data), ...traceData(span) }, { jobId });
      span.end();
    } catch (error) {
      span.end({ failure: "not_queued" });
      throw error;
    }
  }

  /** Reason why a job has failed; null for one that has not, or is kept no more. */
  failure(kind: JobKind, jobId: string): Promise<string | null> {
    return this.#redis.hget(this.#queues[queueOf(kind)].toKey(jobId), "failedReason");
  }

  /** The corpora of trainings and tokenizers that have not ended, as they were named. */
  async corpora(): Promise<ReadonlySet<string>> {
    const found = new Set<string>();
    for await (const { data } of this.#open()) {
      for (const name of textsNamed(Named.safeParse(JSON.parse(data)).data?.request ?? {})) found.add(name);
    }
    return found;
  }

  /** Ids of runs, tokenizers and corpora that jobs need which have not ended: no cleanup may remove them. */
  async needed(): Promise<ReadonlySet<string>> {
    const needed = new Set<string>();
    for await (const { name, data } of this.#open())
      for (const id of neededByJob(name, JSON.parse(data))) needed.add(id);
    return needed;
  }

  #open() {
    return openJobs(this.#redis, (type) => this.#queues.trainer.toKey(type));
  }

  /** The jobs that workers are at, of both queues. */
  async active(): Promise<ActiveJob[]> {
    const found = await Promise.all(
      Object.entries(this.#queues).map(async ([queue, each]) =>
        (await each.getJobs(["active"], 0, SHOWN - 1)).map((job) => ({
          queue,
          kind: job.name,
          subject: subjectOf(job.data),
          since: job.processedOn === undefined ? null : new Date(job.processedOn).toISOString(),
          worker: job.processedBy ?? null,
        })),
      ),
    );
    return found.flat();
  }

  /** A queue with its jobs by their states. */
  async states(name: QueueName): Promise<QueueState> {
    const counts = await this.#queues[name].getJobCounts(...states);
    const { waiting = 0, active = 0, delayed = 0, completed = 0, failed = 0 } = counts;
    return { name, waiting, active, delayed, completed, failed };
  }

  async counts(queue: QueueName): Promise<{ queue: string; state: string; count: number }[]> {
    const { name: _, ...counts } = await this.states(queue);
    return Object.entries(counts).map(([state, count]) => ({ queue, state, count }));
  }

  async close(): Promise<void> {
    await Promise.all(Object.values(this.#queues).map((queue) => queue.close()));
  }
}

/** Jobs of a queue that are shown at most: each brings all that it was asked. */
const SHOWN = 100;

const Subject = z.object({ run_id: z.string().optional(), tokenizer_id: z.string().optional() });

function subjectOf(data: unknown): string | null {
  const { run_id, tokenizer_id } = Subject.safeParse(data).data ?? {};
  return run_id ?? tokenizer_id ?? null;
}

const Named = z.object({
  request: z.preprocess(
    unwrapped,
    z.object({ corpus_path: z.string().nullish(), corpus_paths: z.array(z.string()).nullish() }),
  ),
});

const queueOf = (kind: JobKind): QueueName => {
  const mine: readonly JobKind[] = queues.trainer;
  return mine.includes(kind) ? "trainer" : "trainer-inference";
};
