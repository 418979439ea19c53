import { AppError } from "@trainer/platform";
import { TrainingError } from "@trainer/training/files";

const CODES = ["DATA_NOT_FOUND", "MODEL_NOT_FOUND", "CONFLICT", "UNSUPPORTED_BACKEND"] as const;

/** Answer to a request for a model that cannot be exported. */
export function exportRefusal(cause: unknown): unknown {
  const { code, message } = TrainingError.from(cause);
  const known = CODES.find((each) => each === code);
  return known === undefined ? cause : new AppError(known, message, { cause });
}
