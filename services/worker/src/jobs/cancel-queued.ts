import type { Container } from "../container.js";
import { RunEvents } from "../runs/run-events.js";
import { RunLease } from "../runs/run-lease.js";
import { CANCELLED, failRun } from "./fail-run.js";

/** Ends the runs that are to be stopped and that nobody has begun; one worker does so for all. */
export async function cancelQueued(container: Container): Promise<void> {
  const { runs, pace, log, queued, cancelling, closed } = container;
  if (!(await cancelling.held())) return;
  for (const { runId, userId, request, end } of await queued.take()) {
    await using lease = await RunLease.begin({ runs, runId, userId, request, log, pace, closed });
    await failRun(container, lease, new RunEvents(runId, userId, request), { runId, end }, CANCELLED);
  }
}
