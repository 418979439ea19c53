import { parseJson, refusalOf, toJson } from "@trainer/platform";
import { DelayedError, UnrecoverableError, WaitingError, type Job } from "bullmq";
import { z } from "zod";
import type { Failure } from "../child/messages.js";
import type { WorkerConfig } from "../config.js";

/** A job that holds what none of its kind may. It is not tried again. */
export class UnreadableJob extends UnrecoverableError {
  constructor(cause: z.ZodError) {
    super(`the job cannot be read: ${refusalOf(cause).message}`);
  }
}

/** A job of the queue while it is ours. */
export class Work {
  readonly #job: Job;
  readonly #token: string;

  constructor(job: Job, token: string) {
    this.#job = job;
    this.#token = token;
  }

  /** What it carries. @throws UnreadableJob */
  data<S extends z.ZodType>(schema: S): z.output<S> {
    const { data, error } = schema.safeParse(parseJson(toJson(this.#job.data)));
    if (error !== undefined) throw new UnreadableJob(error);
    return data;
  }

  /** How often it has failed for a reason that may pass. */
  get failures(): number {
    return Tries.safeParse(this.#job.progress).data?.failures ?? 0;
  }

  /** After how many seconds a failure is worth another try; null where it is not, or was tried often enough. */
  retryAfter({ failureClass }: Failure, { retryMax, retryIntervalsSec }: WorkerConfig): number | null {
    if (failureClass !== "TRANSIENT" || this.failures >= retryMax) return null;
    return retryIntervalsSec.slice(0, this.failures + 1).at(-1) ?? 0;
  }

  /** Gives it back for whoever is there next. @throws WaitingError, by which the queue's worker knows */
  async giveBack(): Promise<never> {
    await this.#job.moveToWait(this.#token);
    throw new WaitingError();
  }

  /** Looks at it again after a while. @throws DelayedError, by which the queue's worker knows */
  async later(ms: number): Promise<never> {
    await this.#job.moveToDelayed(Date.now() + ms, this.#token);
    throw new DelayedError();
  }

  /** Has it tried again after a while, as one that has failed. @throws DelayedError, by which the queue's worker knows */
  async tryAgain(afterSec: number): Promise<never> {
    await this.#job.updateProgress({ failures: this.failures + 1 });
    return await this.later(afterSec * 1000);
  }

  /** Ends it for good. */
  fail({ message }: Failure): never {
    throw new UnrecoverableError(message);
  }
}

const Tries = z.object({ failures: z.int() });

/** The most that a timer takes. */
const LONGEST_MS = 2 ** 31 - 1;

export const timeoutMs = ({ jobTimeoutSec }: WorkerConfig): number => Math.min(jobTimeoutSec * 1000, LONGEST_MS);
