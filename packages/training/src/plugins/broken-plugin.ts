import { z } from "zod";
import { TrainingError } from "../errors.js";

/** Fault of a plugin, in one sentence. */
export function brokenPlugin(name: string, cause: unknown): TrainingError {
  return new TrainingError("UNSUPPORTED_BACKEND", `the plugin ${name} is broken: ${problemOf(cause)}`, { cause });
}

function problemOf(cause: unknown): string {
  if (!(cause instanceof z.ZodError))
    return String(cause instanceof Error ? cause.message : cause).replaceAll("\n", " ");
  return cause.issues.map(({ path, message }) => `${path.join(".") || "what it exports"}: ${message}`).join("; ");
}
