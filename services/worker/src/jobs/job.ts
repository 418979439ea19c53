import { parseJson, toJson } from "@trainer/platform";
import { DelayedError, UnrecoverableError, WaitingError, type Job } from "bullmq";
import { z } from "zod";
import type { Failure } from "../child/messages.js";

/** A job of the queue while it is ours. */
export class Work {
  readonly #job: Job;
  readonly #token: string;

  constructor(job: Job, token: string) {
    this.#job = job;
    this.#token = token;
  }

  /** What it carries. */
  data<S extends z.ZodType>(schema: S): z.output<S> {
    return schema.parse(parseJson(toJson(this.#job.data)));
  }

  /** How often it has failed for a reason that may pass. */
  get failures(): number {
    return Tries.safeParse(this.#job.progress).data?.failures ?? 0;
  }

  /** Gives it back for whoever is there next. @throws WaitingError, by which the queue's worker knows */
  async giveBack(): Promise<never> {
    await this.#job.moveToWait(this.#token);
    throw new WaitingError();
  }

  /** Has it tried again after a while. @throws DelayedError, by which the queue's worker knows */
  async tryAgain(afterSec: number): Promise<never> {
    await this.#job.updateProgress({ failures: this.failures + 1 });
    await this.#job.moveToDelayed(Date.now() + afterSec * 1000, this.#token);
    throw new DelayedError();
  }

  /** Ends it for good. */
  fail({ message }: Failure): never {
    throw new UnrecoverableError(message);
  }
}

const Tries = z.object({ failures: z.int() });
