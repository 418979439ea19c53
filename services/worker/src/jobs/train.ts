import { jobs, type RunProgress } from "@trainer/platform";
import type { RunRecord } from "@trainer/platform/redis";
import { traceFields } from "@trainer/platform/tracing";
import { lastFence, newFailure, runFolder, type Failure } from "@trainer/training/files";
import type { Container } from "../container.js";
import { knownArchives } from "../runs/known-archives.js";
import { RunEvents } from "../runs/run-events.js";
import { isAlive } from "../runs/is-alive.js";
import { RunLease } from "../runs/run-lease.js";
import { Stop } from "../supervise/stop.js";
import { startObserved } from "../telemetry/observed-child.js";
import { trainRun, type Ending } from "../supervise/train-run.js";
import { CANCELLED, failRun } from "./fail-run.js";
import { Deadline } from "./deadline.js";
import { timeoutMs, type Work } from "./job.js";

/**
 * Has a run trained, sent off and completed, from wherever it is: it may have been begun by a worker that is gone, and be
 * completed already; with a new end it is trained on. It ends in a status, unless it is given back for another worker or another time.
 */
export async function trainJob(work: Work, drain: AbortSignal, container: Container): Promise<void> {
  const { config, runs, pace, metrics } = container;
  const { run_id: runId, user_id: userId, request, end } = work.data(jobs.train);
  const done = await runs.get(runId).catch(() => null);
  if (hasEnded(done)) return;
  // The queue takes a job from a worker that it has not heard of for a while. Where only Redis was away, that worker is
  // still at it, and further than its newest checkpoint.
  if (done?.status === "running" && isAlive(done.heartbeat, await runs.now(), pace)) await work.later(pace.silent / 4);
  const log = container.log.child({ run_id: runId, ...traceFields(work.span) });
  const { closed } = container;
  const last = lastFence(runFolder(config.artifactsRoot, runId).lock);
  await using lease = await RunLease.begin({ runs, runId, userId, request, log, pace, lastFence: last, closed });
  if (hasEnded(lease.before)) return; // by a worker that had not been heard of for a while
  const createdAt = lease.before?.createdAt ?? new Date().toISOString().slice(0, -1);
  await container.store.keep(runId, { userId, createdAt, request, end });
  const events = new RunEvents(runId, userId, request);
  using deadline = new Deadline(timeoutMs(config));
  await lease.checkCancelled();
  using stop = new Stop()
    .on(lease.lost, "lost")
    .on(lease.cancelled, "cancelled")
    .on(drain, "drained")
    .on(deadline.signal, "timeout");
  const stuck = await work.take(lease.before?.training?.step ?? 0);
  if (stuck !== null) {
    await failed(stuck);
    work.fail(stuck);
  }
  const isNew = lease.before === null || lease.before.message === "queued";
  if (stop.cause !== "cancelled") {
    const message = isNew ? "started" : "training";
    await lease.write({ status: "running", message, error: null }, isNew ? [events.started()] : []);
  }
  log.info({ event: "run_started", status: "running" }, isNew ? "run started" : "run goes on");
  const figures: { runId: string; progress: RunProgress | null } = { runId, progress: null };
  using _shown = metrics.showRun(figures);
  const ending = await trainRun({
    lease,
    events,
    stop,
    begin: {
      type: "train",
      runId,
      userId: String(userId),
      request,
      end,
      fence: lease.fence,
      lastReported: lease.before?.training ?? null,
      archives: await knownArchives(runs, request.pretrained_run_id, request.teacher),
    },
    startChild: (onMessage) =>
      startObserved(container, work.span, (message) => {
        if (message.type === "update") deadline.renew();
        if (message.type === "update" && message.update.kind !== "config") figures.progress = message.update.training;
        onMessage(message);
      }),
    onSoonOver: () => container.prepareNext(),
    configReported: lease.before?.message === "training" || (lease.before?.training ?? null) !== null,
    onCrash(failure) {
      const { code, message } = failure;
      metrics.childCrashed("training", failure);
      log.warn(
        { event: "child_crashed", error_code: code, reason: message },
        "a training's process ended unexpectedly",
      );
    },
  });
  await conclude(ending);

  async function conclude(ending: Ending): Promise<void> {
    if (ending === "completed") {
      await container.store.settle(runId);
      log.info({ event: "run_completed", status: "completed" }, "run completed");
    } else if (ending === "lost") {
      log.warn({ event: "run_lost" }, "another worker has taken the run");
    } else if (ending === "drained") {
      await lease.write({ status: "queued", message: "waits for a worker to go on" });
      await work.giveBack(container.crash.signal.aborted);
    } else if (ending === "cancelled") {
      await failed(CANCELLED);
    } else if (ending === "timeout") {
      const message = `the run got no further for ${config.jobTimeoutSec} seconds, which is the longest a job may`;
      const timeout = newFailure("TIMEOUT", message);
      await failed(timeout);
      work.fail(timeout);
    } else {
      await orAgain(ending);
    }
  }

  /** Retries transient failures, as often as is allowed. */
  async function orAgain(failure: Failure): Promise<void> {
    const wait = work.retryAfter(failure, config);
    if (wait !== null) {
      const message = `${failure.message}; it is tried again in ${wait} seconds`;
      log.warn({ event: "run_retried", error_code: failure.code, reason: failure.message }, "run is tried again later");
      await lease.write({ status: "queued", message, error: failure.message });
      await work.tryAgain(wait);
    }
    await failed(failure);
    work.fail(failure);
  }

  function failed(failure: Failure): Promise<void> {
    return failRun(container, lease, events, { runId, end }, failure);
  }
}

const hasEnded = (record: RunRecord | null): boolean => record?.status === "completed" || record?.status === "failed";
