import { newFailure, type Failure } from "@trainer/training/files";
import type { Ended } from "./child.js";

/** The failure of a process that ended without a reason. */
export function crashOf({ code, signal, oom, hung }: Ended, what: string): Failure {
  if (hung) {
    const message = `the process that ${what} gave no sign of life any more, and was ended`;
    return newFailure("TIMEOUT", message, "TRANSIENT");
  }
  if (signal === "SIGKILL" && oom) {
    const cure = "a smaller batch, shorter sequences or a smaller model need less";
    const message = `the process that ${what} was killed by SIGKILL, for the machine ran out of memory: ${cure}`;
    return newFailure("TRAINING_OOM", message);
  }
  const how =
    signal === null ? `ended with code ${code ?? "none: it could not be started"}` : `was killed by ${signal}`;
  return newFailure("JOB_FAILED", `the process that ${what} ${how}`);
}
