import type { NewEnd } from "@trainer/platform";
import { newFailure, openHome, readManifest, recordFailure, runFolder, type Failure } from "@trainer/training/files";
import type { Container } from "../container.js";
import type { RunEvents } from "../runs/run-events.js";
import type { RunLease } from "../runs/run-lease.js";

/** The failure by which clients know a cancelled run. */
export const CANCELLED = newFailure("TRAINING_CANCELLED", "Training cancelled");

/** A run that ends, and the new end that it was to get. */
interface Ended {
  readonly runId: string;
  readonly end: NewEnd | undefined;
}

/**
 * Ends a run for good: in its record, by an event, in its manifest and in the log, unless it is another worker's by now.
 * One that was completed and has not been trained on since is completed as before, and its record says why.
 */
export async function failRun(
  container: Container,
  lease: RunLease,
  events: RunEvents,
  { runId, end }: Ended,
  failure: Failure,
): Promise<void> {
  const { code, failureClass, message } = failure;
  const kind = failureClass === "USER_INPUT" && code !== CANCELLED.code ? "user" : "system";
  const stays = end?.completed === true && !(await isTaken(container, runId, end));
  const state = stays ? STAYS : ({ status: "failed", message } as const);
  await lease.write({ ...state, error: message }, [events.failed(message, kind)]);
  if (!lease.lost.aborted) await (stays ? settleKept : settleFailed)(container, runId, failure);
}

const STAYS = { status: "completed", progress: 100, message: "Training completed" } as const;

async function settleKept({ runs, store, log }: Container, runId: string, { code, message }: Failure): Promise<void> {
  await store.settle(runId);
  await runs.clearCancel(runId);
  const about = { run_id: runId, event: "run_not_trained_on", status: "completed", error_code: code };
  log.error({ ...about, reason: message }, "run is not trained on");
}

/** True if the run has begun to train on to the end. */
async function isTaken({ config }: Container, runId: string, { id }: NewEnd): Promise<boolean> {
  const manifest = await readManifest(runFolder(config.artifactsRoot, runId).manifest).catch(() => null);
  return manifest?.end_id === id;
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
