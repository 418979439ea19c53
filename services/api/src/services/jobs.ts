import { AppError, jobData, queues, type JobKind, type Jobs as JobsOf, type QueueName } from "@trainer/platform";
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

/** The queues, on the side of who wants something done. */
export class Jobs {
  readonly #queues: Readonly<Record<QueueName, Queue>>;
  readonly #limit: number;

  constructor(connection: Redis, { resultTtlSec, failureTtlSec, queueLimit }: JobsOptions) {
    this.#limit = queueLimit;
    const defaultJobOptions = { removeOnComplete: { age: resultTtlSec }, removeOnFail: { age: failureTtlSec } };
    const open = (name: QueueName) => {
      const queue = new Queue(name, { connection, defaultJobOptions });
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
    await this.#queues[queueOf(kind)].add(kind, jobData(data), { jobId });
  }

  /** The corpora of trainings and tokenizers that have not ended, as they were named. */
  async corpora(): Promise<string[]> {
    const waiting = await this.#queues.trainer.getJobs(["waiting", "delayed", "active"]);
    return waiting.flatMap((job) => {
      const path = Named.safeParse(job.data).data?.request.corpus_path;
      return path === undefined ? [] : [path];
    });
  }

  async counts(queue: QueueName): Promise<{ queue: string; state: string; count: number }[]> {
    const counts = await this.#queues[queue].getJobCounts("waiting", "active", "delayed", "completed", "failed");
    return Object.entries(counts).map(([state, count]) => ({ queue, state, count }));
  }

  async close(): Promise<void> {
    await Promise.all(Object.values(this.#queues).map((queue) => queue.close()));
  }
}

const Named = z.object({ request: z.object({ corpus_path: z.string() }) });

const queueOf = (kind: JobKind): QueueName => {
  const mine: readonly JobKind[] = queues.trainer;
  return mine.includes(kind) ? "trainer" : "trainer-inference";
};
