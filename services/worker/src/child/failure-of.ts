import { ServiceError } from "@trainer/client";
import { TrainingError } from "@trainer/training/files";
import type { Failure } from "./messages.js";

/** Any error as what is told of it: its code, whose fault it is, and what to do. */
export function failureOf(error: unknown): Failure {
  if (error instanceof ServiceError) return ofService(error);
  const { code, failureClass, message } = TrainingError.from(error);
  return { code, failureClass, message };
}

/** Of the file service: what it cannot do now may pass, what it refuses was asked wrongly. */
function ofService(error: ServiceError): Failure {
  const { mayPass, code, status, message } = error;
  const refused = status !== null && status < 500;
  const failureClass = mayPass ? "TRANSIENT" : refused ? "USER_INPUT" : "FATAL";
  return {
    code: mayPass || !refused ? "EXTERNAL_SERVICE_ERROR" : code,
    failureClass,
    message: `the file service: ${message}`,
  };
}
