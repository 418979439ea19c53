import { errnoOf } from "@trainer/disk";
import { AppError } from "@trainer/platform";

const FULL = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);
const CLOSED = new Set(["EROFS", "EACCES", "EPERM"]);

/** Maps errors of the disk for clients. */
export function storageError(error: unknown): unknown {
  const code = errnoOf(error);
  if (FULL.has(code)) return new AppError("INSUFFICIENT_STORAGE", "insufficient free space", { cause: error });
  if (CLOSED.has(code)) return new AppError("SERVICE_UNAVAILABLE", "storage not writable", { cause: error });
  return error;
}
