import { AppError } from "@trainer/platform";
import { TrainingError } from "@trainer/training/files";

const CODES = [
  "DATA_NOT_FOUND",
  "MODEL_NOT_FOUND",
  "CONFLICT",
  "UNSUPPORTED_BACKEND",
  "ARTIFACT_DOWNLOAD_FAILED",
] as const;

/** Answer to a request for a model that cannot be exported. */
export function exportRefusal(cause: unknown): unknown {
  const { code, message } = TrainingError.from(cause);
  if (code === "INSUFFICIENT_STORAGE") {
    const full = "the server's disk is too full to bring the run back from the file service: free some space on it";
    return new AppError(code, full, { cause });
  }
  const known = CODES.find((each) => each === code);
  return known === undefined ? cause : new AppError(known, message, { cause });
}
