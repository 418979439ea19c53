import { TrainingError } from "@trainer/training";
import type { Failure } from "@trainer/training/files";

/** An error as a failure: its code, class, and message. @param shown maps its paths to those that clients know */
export function failureOf(error: unknown, shown: (message: string) => string): Failure {
  const { code, failureClass, message } = TrainingError.from(error);
  return { code, failureClass, message: shown(message) };
}
