import {
  FAILURE_TTL_SECONDS,
  jobData,
  queues,
  RESULT_TTL_SECONDS,
  type JobKind,
  type Jobs as JobsOf,
  type QueueName,
} from "@trainer/platform";
import { Queue } from "bullmq";
import type { Redis } from "ioredis";

const KEPT = { removeOnComplete: { age: RESULT_TTL_SECONDS }, removeOnFail: { age: FAILURE_TTL_SECONDS } } as const;

/** The queues, on the side of who wants something done. */
export class Jobs {
  readonly #queues: Readonly<Record<QueueName, Queue>>;

  constructor(connection: Redis) {
    const open = (name: QueueName) => {
      const queue = new Queue(name, { connection });
      queue.on("error", () => {}); // each request that fails by it tells
      return queue;
    };
    this.#queues = { trainer: open("trainer"), "trainer-inference": open("trainer-inference") };
  }

  /** Queues a job; one whose id there is already stays as it is. */
  async add<K extends JobKind>(kind: K, jobId: string, data: JobsOf[K]): Promise<void> {
    await this.#queues[queueOf(kind)].add(kind, jobData(data), { ...KEPT, jobId });
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
