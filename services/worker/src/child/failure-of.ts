import { TrainingError } from "@trainer/training";
import type { Failure } from "@trainer/training/files";

/** Any error as what is told of it: its code, whose fault it is, and what to do. @param shown its paths as clients see them */
export function failureOf(error: unknown, shown: (message: string) => string): Failure {
  const { code, failureClass, message } = TrainingError.from(error);
  return { code, failureClass, message: shown(message) };
}
