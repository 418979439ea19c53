import { jobData, queues, type JobKind, type Jobs as JobsOf, type QueueName } from "@trainer/platform";
import { Queue } from "bullmq";
import type { Redis } from "ioredis";

/** How long it is kept what became of a job that was done, and of one that failed. */
export interface Retention {
  readonly resultTtlSec: number;
  readonly failureTtlSec: number;
}

/** The queues, on the side of who wants something done. */
export class Jobs {
  readonly #queues: Readonly<Record<QueueName, Queue>>;

  constructor(connection: Redis, { resultTtlSec, failureTtlSec }: Retention) {
    const defaultJobOptions = { removeOnComplete: { age: resultTtlSec }, removeOnFail: { age: failureTtlSec } };
    const open = (name: QueueName) => {
      const queue = new Queue(name, { connection, defaultJobOptions });
      queue.on("error", () => {}); // each request that fails by it tells
      return queue;
    };
    this.#queues = { trainer: open("trainer"), "trainer-inference": open("trainer-inference") };
  }

  /** Queues a job; one whose id there is already stays as it is. */
  async add<K extends JobKind>(kind: K, jobId: string, data: JobsOf[K]): Promise<void> {
    await this.#queues[queueOf(kind)].add(kind, jobData(data), { jobId });
  }

  async counts(queue: QueueName): Promise<{ queue: string; state: string; count: number }[]> {
    const counts = await this.#queues[queue].getJobCounts("waiting", "active", "delayed", "completed", "failed");
    return Object.entries(counts).map(([state, count]) => ({ queue, state, count }));
  }

  async close(): Promise<void> {
    await Promise.all(Object.values(this.#queues).map((queue) => queue.close()));
  }
}

const queueOf = (kind: JobKind): QueueName => {
  const mine: readonly JobKind[] = queues.trainer;
  return mine.includes(kind) ? "trainer" : "trainer-inference";
};
