import { TrainingError } from "@trainer/training/files";
import type { Failure } from "./messages.js";

/** Any error as what is told of it: its code, whose fault it is, and what to do. */
export function failureOf(error: unknown): Failure {
  const { code, failureClass, message } = TrainingError.from(error);
  return { code, failureClass, message };
}
