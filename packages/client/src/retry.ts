import { setTimeout as sleep } from "node:timers/promises";
import { ServiceError } from "./service-error.js";

export interface RetryOptions {
  /** Number of attempts after the first. */
  readonly retries: number;
  /** Unit of the backoff: the n-th wait is n times this. */
  readonly backoffMs: number;
  /** Waits as long as a service asks for; without it the backoff alone decides. */
  readonly obeys?: {
    /** The most that is waited; what asks for more has failed. */
    readonly longestMs: number;
    readonly onWait: (ms: number) => void;
  };
}

/**
 * Runs a piece of work, and retries it on transient errors.
 * @param work gets a function that reports progress, which resets the count of retries
 */
export async function retrying<T>(
  options: RetryOptions,
  signal: AbortSignal | undefined,
  work: (gotFurther: () => void) => Promise<T>,
): Promise<T> {
  let failures = 0;
  const gotFurther = () => void (failures = 0);
  for (;;) {
    try {
      return await work(gotFurther);
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof ServiceError && error.isTransient) || ++failures > options.retries) throw error;
      await sleep(waitBefore(error, failures, options), undefined, { signal });
    }
  }
}

function waitBefore(error: ServiceError, failures: number, { backoffMs, obeys }: RetryOptions): number {
  const asked = obeys === undefined ? null : error.retryAfterMs;
  if (obeys === undefined || asked === null) return backoffMs * failures;
  if (asked > obeys.longestMs) throw error;
  obeys.onWait(asked);
  return asked;
}
