import type { Failure } from "../child/messages.js";
import type { Ended } from "./child.js";

/** What a process that ended without saying why is told to have died of. */
export function crashOf({ code, signal, oom, hung }: Ended, what: string): Failure {
  if (hung) {
    const message = `the process that ${what} gave no sign of life any more, and was ended`;
    return { code: "TIMEOUT", failureClass: "TRANSIENT", message };
  }
  if (signal === "SIGKILL" && oom) {
    return {
      code: "TRAINING_OOM",
      failureClass: "USER_INPUT",
      message: `the process that ${what} was killed by SIGKILL, for the machine ran out of memory: a smaller batch, shorter sequences or a smaller model need less`,
    };
  }
  const how =
    signal === null ? `ended with code ${code ?? "none: it could not be started"}` : `was killed by ${signal}`;
  return { code: "JOB_FAILED", failureClass: "FATAL", message: `the process that ${what} ${how}` };
}
