import { setTimeout as sleep } from "node:timers/promises";
import { ServiceError } from "./service-error.js";

export interface RetryOptions {
  /** Number of attempts after the first. */
  readonly retries: number;
  /** Unit of the backoff: the n-th wait is n times this. */
  readonly backoffMs: number;
}

/**
 * Runs a piece of work, and retries it on transient errors.
 * @param work gets a function that reports progress, which resets the count of retries
 */
export async function retrying<T>(
  { retries, backoffMs }: RetryOptions,
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
      if (!(error instanceof ServiceError && error.isTransient) || ++failures > retries) throw error;
      await sleep(backoffMs * failures, undefined, { signal });
    }
  }
}
