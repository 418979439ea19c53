import { AppError } from "@trainer/platform";

const FULL = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);
const CLOSED = new Set(["EROFS", "EACCES", "EPERM"]);

/** What the disk refuses, as a client is told it. */
export function storageError(error: unknown): unknown {
  const code = codeOf(error);
  if (FULL.has(code)) return new AppError("INSUFFICIENT_STORAGE", "insufficient free space", { cause: error });
  if (CLOSED.has(code)) return new AppError("SERVICE_UNAVAILABLE", "storage not writable", { cause: error });
  return error;
}

/** What the work comes to, or null where it met a file that is not there. */
export async function unlessMissing<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return null;
    throw error;
  }
}

const codeOf = (error: unknown): string => (error instanceof Error && "code" in error ? String(error.code) : "");
