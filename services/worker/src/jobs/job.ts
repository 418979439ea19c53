import { at } from "@trainer/disk";
import { parseJson, refusalOf, toJson } from "@trainer/platform";
import { NO_SPAN, type Span } from "@trainer/platform/tracing";
import { newFailure, type Failure } from "@trainer/training/files";
import { DelayedError, UnrecoverableError, WaitingError, type Job } from "bullmq";
import { z } from "zod";
import type { WorkerConfig } from "../config.js";

/** A job that holds what none of its kind may. It is not tried again. */
export class UnreadableJob extends UnrecoverableError {
  constructor(cause: z.ZodError) {
    const later = cause.issues.flatMap((issue) => (issue.code === "unrecognized_keys" ? issue.keys : []));
    const why =
      later.length === 0
        ? refusalOf(cause).message
        : `this worker does not know ${later.join(", ")}, which a later version asks for; update the worker`;
    super(`the job cannot be read: ${why}`);
  }
}

/** A job of the queue while it is ours. */
export class Work {
  readonly #job: Job;
  readonly #token: string;

  /** @param span of the job with this worker */
  constructor(
    job: Job,
    token: string,
    readonly span: Span = NO_SPAN,
  ) {
    this.#job = job;
    this.#token = token;
  }

  /** The job's data. @throws UnreadableJob */
  data<S extends z.ZodType>(schema: S): z.output<S> {
    const { data, error } = schema.safeParse(parseJson(toJson(this.#job.data)));
    if (error !== undefined) throw new UnreadableJob(error);
    return data;
  }

  /** Time of queueing, in Unix milliseconds. */
  get queuedAt(): number {
    return this.#job.timestamp;
  }

  /** Number of transient failures. */
  get failures(): number {
    return this.#history.failures;
  }

  /**
   * Notes that a worker takes it.
   * @param reached how far it has come: workers do not die of what gets further
   * @returns why it must not be taken once more
   */
  async take(reached: number): Promise<Failure | null> {
    const { failures, ...before } = this.#history;
    const { takes, crashes } = before.reached === reached ? before : { takes: 0, crashes: 0 };
    await this.#job.updateProgress({ failures, reached, takes: takes + 1, crashes } satisfies History);
    if (takes < MOST_TAKES && crashes < MOST_CRASHES) return null;
    const message = `it got no further while ${takes} workers were at it, which ended, ${crashes} of them by an error of their own`;
    return newFailure("JOB_FAILED", message);
  }

  /** After how many seconds a failure is worth another try; null where it is not, or was tried often enough. */
  retryAfter({ failureClass }: Failure, { retryMax, retryIntervalsSec }: WorkerConfig): number | null {
    if (failureClass !== "TRANSIENT" || this.failures >= retryMax) return null;
    return at(retryIntervalsSec, Math.min(this.failures, retryIntervalsSec.length - 1));
  }

  /**
   * Returns it to the queue for another worker.
   * @param crashed true if this worker ends by an error of its own
   * @throws WaitingError, which the queue's worker expects
   */
  async giveBack(crashed: boolean): Promise<never> {
    const history = this.#history;
    if (crashed) await this.#job.updateProgress({ ...history, crashes: history.crashes + 1 });
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
    await this.#job.updateProgress({ ...NONE, failures: this.failures + 1 });
    return await this.later(afterSec * 1000);
  }

  get #history(): History {
    return History.safeParse(this.#job.progress).data ?? NONE;
  }

  /** Ends it for good. */
  fail({ message }: Failure): never {
    throw new UnrecoverableError(message);
  }
}

/** Workers that may be lost, killed or without power, while they are at a job that gets no further. */
const MOST_TAKES = 10;
/** Workers that may end by an error of their own meanwhile. */
const MOST_CRASHES = 2;

/** History of a job, kept from one worker to the next. */
const History = z.object({ failures: z.int(), reached: z.int(), takes: z.int(), crashes: z.int() });
type History = z.output<typeof History>;
const NONE: History = { failures: 0, reached: 0, takes: 0, crashes: 0 };

/** The most that a timer takes. */
const LONGEST_MS = 2 ** 31 - 1;

export const timerMs = (seconds: number): number => Math.min(seconds * 1000, LONGEST_MS);
export const timeoutMs = ({ jobTimeoutSec }: WorkerConfig): number => timerMs(jobTimeoutSec);
