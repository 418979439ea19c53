import type { LogRecord } from "@trainer/training";
import type { FromChild } from "./messages.js";

const LEVELS = { INFO: "info", WARNING: "warn", ERROR: "error" } as const;

/** A record of a run's log as one of the worker's. Steps are many: they are of use to who looks for something alone. */
export function logOf(runId: string, { level, message, fields }: LogRecord): FromChild {
  const isStep = fields.event === "run_step";
  return { type: "log", level: isStep ? "debug" : LEVELS[level], message, fields: { run_id: runId, ...fields } };
}
