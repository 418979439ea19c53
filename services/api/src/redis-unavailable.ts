import { errnoOf } from "@trainer/disk";
import { AppError } from "@trainer/platform";

/** Codes of Node and Redis for unavailable, overloaded or not yet ready. */
const CODES = new Set(["ECONNREFUSED", "ECONNRESET", "EPIPE", "ETIMEDOUT", "ENOTFOUND", "EHOSTUNREACH", "EAI_AGAIN"]);
const WORDS = /^(Command timed out|Stream isn't writeable|Connection is closed|Socket (closed|timeout))/;
const REPLIES = /^(LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|BUSY|MISCONF|NOREPLICAS)\b/;

/** Maps errors of an unavailable, slow or read-only Redis to a transient one: the client may retry. */
export function explained(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof AppError) return error;
  if (isFull(error)) {
    const message = "Redis is full: remove runs and answers that are not needed, or give it more memory (maxmemory)";
    return new AppError("INSUFFICIENT_STORAGE", message, { cause: error });
  }
  const code = errnoOf(error);
  if (!CODES.has(code) && !WORDS.test(error.message) && !REPLIES.test(error.message)) return error;
  return new AppError("SERVICE_UNAVAILABLE", "Redis cannot be reached now; try again", {
    cause: error,
    headers: { "retry-after": "2" },
  });
}

/** True for a command, or a transaction with one, that Redis refuses for want of memory. */
const isFull = (error: Error): boolean =>
  isOutOfMemory(error) ||
  ("previousErrors" in error && Array.isArray(error.previousErrors) && error.previousErrors.some(isOutOfMemory));

const isOutOfMemory = (error: unknown): boolean => error instanceof Error && error.message.startsWith("OOM ");
