import { AppError } from "@trainer/platform";
import { TrainingError } from "@trainer/training/files";

/** What is said of a text that cannot be used; `shown` names paths as clients know them. */
export function textRefusal(cause: unknown, shown: (message: string) => string): unknown {
  const { code, message } = TrainingError.from(cause);
  if (code === "CORPUS_NOT_FOUND" || code === "CORPUS_EMPTY" || code === "INVALID_INPUT")
    return new AppError(code, shown(message), { cause });
  if (code === "CORPUS_UNREADABLE") return new AppError("INVALID_INPUT", shown(message), { cause });
  if (code === "INSUFFICIENT_STORAGE")
    return new AppError(code, "the server's disk is full: free some space on it, then go on", { cause });
  if (code === "FORBIDDEN")
    return new AppError("CONFIG_ERROR", "the server may not write to the corpus folder of its data", { cause });
  return cause;
}
