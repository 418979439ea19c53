import { TrainingError } from "../errors.js";
import type { CleanupContext, CleanupRecord, Decision, KeepReason } from "./report.js";

/** Subject of a decision. */
export interface Subject extends Omit<Decision, "reason"> {
  readonly kind: "run" | "tokenizer" | "bins";
}

/** Has something decided, and tells the log what came of it; a failure too, which is thrown. */
export async function reported(
  { kind, ...subject }: Subject,
  { log = () => {} }: CleanupContext,
  decide: () => Promise<KeepReason | null>,
): Promise<Decision> {
  const { id, path, bytes, files } = subject;
  const tell = (
    event: "skipped" | "dry_run" | "completed" | "failed",
    message: string,
    fields: Partial<CleanupRecord>,
  ) =>
    log({
      level: event === "failed" ? "ERROR" : "INFO",
      message,
      category: "cleanup",
      event: kind === "run" ? `cleanup_${event}` : `${kind}_cleanup_${event}`,
      [`${kind}_id`]: id,
      path,
      ...fields,
    });
  try {
    const reason = await decide();
    const freed = { bytes_freed: bytes, files_deleted: files };
    if (reason === null) tell("completed", `${kind} ${id} removed`, freed);
    else if (reason === "dry_run") tell("dry_run", `${kind} ${id} would be removed`, { reason, ...freed });
    else tell("skipped", `${kind} ${id} stays`, { reason });
    return { ...subject, reason };
  } catch (error) {
    const failure = TrainingError.from(error);
    tell("failed", failure.message, {});
    throw failure;
  }
}
