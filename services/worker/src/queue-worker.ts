import { openRedis } from "@trainer/platform/redis";
import { background, type QueueName } from "@trainer/platform";
import { Worker, type Job } from "bullmq";
import type { Container } from "./container.js";
import { Work } from "./jobs/job.js";
import { seldom } from "./seldom.js";
import { observed } from "./telemetry/observed.js";

/** Far more than `Work.take` allows without progress: there a job is failed in words that its run has too. */
const MAX_STALLED = 100;

/** After how long without it a complaint is a new one. */
const QUIET_MS = 60_000;

export interface QueueWorker {
  run(): void;
  /** Takes no more jobs; those under way go on. */
  pause(): Promise<void>;
  /** Waits for those under way. */
  close(): Promise<void>;
  /** Hangs up: jobs under way are left, and others will find them. */
  hangUp(): void;
}

/** Takes jobs from a queue and has them done. */
export function queueWorker(
  name: QueueName,
  concurrency: number,
  container: Container,
  body: (kind: string, work: Work) => Promise<void>,
): QueueWorker {
  const { config, log, pace } = container;
  const onError = (error: Error) =>
    log.debug({ event: "redis_error", reason: error.message }, "no connection to Redis");
  const process = (job: Job, token?: string) =>
    observed(name, job, container, (span) => body(job.name, new Work(job, String(token), span)));
  const connection = openRedis(config.redisUrl, { onError });
  connection.on("reconnecting", () => container.metrics.reconnecting());
  const worker = new Worker(name, process, {
    name: container.name, // stands in each job that it takes
    connection,
    autorun: false,
    concurrency,
    lockDuration: pace.lock,
    stalledInterval: pace.stalled,
    maxStalledCount: MAX_STALLED,
    runRetryDelay: 1000,
    removeOnComplete: { age: config.resultTtlSec },
    removeOnFail: { age: config.failureTtlSec },
  });
  const complain = seldom(QUIET_MS, (reason) =>
    log.warn({ event: "queue_error", reason }, "the queue's worker complains"),
  );
  const onTrouble = (error: unknown) => complain(String(error));
  worker.on("error", onTrouble);
  worker.on("failed", (job, { message: reason }) =>
    log.warn({ event: "job_failed", kind: job?.name, item_id: job?.id, reason }, "job failed"),
  );
  return {
    run: () => background(worker.run(), onTrouble),
    pause: () => worker.pause(true),
    close: () => worker.close(),
    hangUp() {
      connection.disconnect();
      background(worker.disconnect(), () => {});
      background(worker.close(true), () => {}); // a connection that is not there yet is given up by this alone
    },
  };
}
