import { newFailure, openHome, recordFailure, type Failure } from "@trainer/training/files";
import type { Container } from "../container.js";
import type { RunEvents } from "../runs/run-events.js";
import type { RunLease } from "../runs/run-lease.js";

/** The failure by which clients know a cancelled run. */
export const CANCELLED = newFailure("TRAINING_CANCELLED", "Training cancelled");

/** Ends a run for good: in its record, by an event, in its manifest and in the log, unless it is another worker's by now. */
export async function failRun(
  container: Container,
  lease: RunLease,
  events: RunEvents,
  runId: string,
  failure: Failure,
): Promise<void> {
  const { code, failureClass, message } = failure;
  const kind = failureClass === "USER_INPUT" && code !== CANCELLED.code ? "user" : "system";
  await lease.write({ status: "failed", message, error: message }, [events.failed(message, kind)]);
  if (!lease.lost.aborted) await settleFailed(container, runId, failure);
}

/** Settles a run whose record says already that it has failed: in its manifest and in the log. */
export async function settleFailed(
  { config, runs, store, log, metrics }: Container,
  runId: string,
  failure: Failure,
): Promise<void> {
  const { code, message } = failure;
  metrics.runFailed(failure);
  try {
    await recordFailure(openHome(config.artifactsRoot), runId, failure);
    await store.settle(runId);
  } catch (error) {
    const reason = String(error);
    log.warn({ run_id: runId, event: "manifest_write_failed", reason }, "the manifest lacks the failure");
  }
  await runs.clearCancel(runId);
  log.error({ run_id: runId, event: "run_failed", status: "failed", error_code: code, reason: message }, "run failed");
}
