import { setTimeout as sleep } from "node:timers/promises";
import { ServiceError } from "./service-error.js";

export interface RetryOptions {
  /** How often, after the first attempt. */
  readonly retries: number;
  /** What the n-th wait is n times of. */
  readonly backoffMs: number;
}

/**
 * Does a piece of work, again where it failed by something that passes.
 * @param work is told how to say that it got further: then it has all its retries again
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
      if (!(error instanceof ServiceError && error.mayPass) || ++failures > retries) throw error;
      await sleep(backoffMs * failures, undefined, { signal });
    }
  }
}
