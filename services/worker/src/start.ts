import { whyNotAHome } from "@trainer/disk";
import { AppError, background } from "@trainer/platform";
import { openTracing } from "@trainer/platform/tracing";
import { claimHome, newFailure } from "@trainer/training/files";
import { loadPlugins } from "@trainer/training/plugins";
import { ClockWatch } from "./clock-watch.js";
import { WorkerConfig, type WorkerInput } from "./config.js";
import { container as makeContainer, type Container, type WorkerHooks } from "./container.js";
import { requestJobs } from "./jobs/answers.js";
import { cancelQueued } from "./jobs/cancel-queued.js";
import { UnreadableJob, type Work } from "./jobs/job.js";
import { tokenizerJob } from "./jobs/tokenizer.js";
import { trainJob } from "./jobs/train.js";
import { endUnreadable } from "./jobs/unreadable.js";
import { Presence } from "./presence.js";
import { queueWorker, type QueueWorker } from "./queue-worker.js";
import { reconcile } from "./reconcile.js";
import type { MetricsServer } from "@trainer/platform/http";
import { refuseWrongKey } from "./refuse-wrong-key.js";
import { keepHouse } from "./housekeeping.js";
import { every } from "./runs/every.js";

export interface Worker extends AsyncDisposable {
  /**
   * Drains the worker: takes no more jobs, saves and returns those in progress, and ends. Disposing of the worker does
   * the same; a second call skips the waiting.
   */
  stop(): Promise<void>;
  /** Address of its metrics; null where they are not served. */
  readonly metricsUrl: string | null;
  /** Process ids of its children that do something. */
  readonly children: readonly number[];
}

/** The name that its records and traces carry. */
const SERVICE = "model-trainer-worker";

/** The longest that stopping may take. */
const DRAIN_MS = 18_000;
/** The same after a second call. */
const HURRY_MS = 2000;
/** Time after which a worker that was asked to stop has ended: who ends it must wait longer. */
export const LONGEST_STOP_MS = DRAIN_MS + HURRY_MS;

/**
 * Starts a worker: takes jobs from the queues and has them done by child processes. Resolves when it is among the workers
 * that are there.
 * @throws AppError CONFIG_ERROR where nothing can be written in its home, or the file service does not know its key; TrainingError for the home of a later version
 */
export async function startWorker(input: WorkerInput, hooks: WorkerHooks = {}): Promise<Worker> {
  const config = WorkerConfig.parse(input);
  await checkPlaces(config);
  await loadPlugins(config.plugins, [".", config.artifactsRoot]); // what they bring is known to those who read requests
  const container = makeContainer(config, hooks, await openTracing(config.tracing, SERVICE));
  const { log } = container;
  const metricsServer = await serveMetricsOf(container, hooks);
  const draining = new AbortController();
  const workers = [
    queueWorker("trainer", config.trainings, container, (kind, work) =>
      ended(kind, work, container, made(kind, work, draining.signal, container)),
    ),
    queueWorker("trainer-inference", config.answers, container, (kind, work) =>
      ended(kind, work, container, answered(kind, work, container)),
    ),
  ];
  const onLookFailed = (error: unknown) =>
    log.warn({ event: "reconcile_failed", reason: String(error) }, "the runs could not be looked through");
  const look = () => reconcile(container).catch(onLookFailed);
  const lookNow = () => reconcile(container, container.pace.silent);
  const presence = new Presence(container.redis, {
    ...container,
    ...config,
    onForgotten: () => background(lookNow(), onLookFailed),
  });
  await presence.begin(container.pace.presence).catch(async (error: unknown) => {
    for (const worker of workers) worker.hangUp(); // or they would keep the process alive
    await container[Symbol.asyncDispose]();
    await metricsServer?.[Symbol.asyncDispose]();
    const message = `Redis does not take note of this worker (${String(error)}): it may be full (maxmemory), or its user may not write there`;
    throw new AppError("SERVICE_UNAVAILABLE", message, { cause: error });
  });
  await lookNow().catch(onLookFailed);
  const clock = new ClockWatch(container);
  const looks = [
    every(container.pace.reconcile, look),
    every(container.pace.reconcile, () => clock.look()),
    every(container.pace.cancel, () => cancelQueued(container)),
    every(container.pace.housekeeping, () => keepHouse(container)),
  ];
  const onUnhandled = () => container.crash.abort();
  process.on("uncaughtExceptionMonitor", onUnhandled);
  for (const worker of workers) worker.run();
  log.info({ event: "worker_started" }, "worker started");

  const hurry = new AbortController();
  let stopped: Promise<void> | null = null;
  const stop = (): Promise<void> => {
    if (stopped !== null) hurry.abort();
    stopped ??= drain();
    return stopped;
  };
  hurry.signal.addEventListener("abort", () => {
    container.children.kill(); // what was saved by then is what is gone on from
  });
  async function drain(): Promise<void> {
    for (const each of looks) each[Symbol.dispose]();
    log.info({ event: "worker_stopping" }, "worker stops");
    await within(DRAIN_MS, hurry.signal, gently(workers, draining));
    const leaving = [presence[Symbol.asyncDispose](), container.cancelling[Symbol.asyncDispose]()];
    await within(HURRY_MS, hurry.signal, Promise.all(leaving));
    for (const worker of workers) worker.hangUp();
    await container[Symbol.asyncDispose]();
    await metricsServer?.[Symbol.asyncDispose]();
    process.off("uncaughtExceptionMonitor", onUnhandled);
    log.info({ event: "worker_stopped" }, "worker stopped");
  }
  return {
    stop,
    metricsUrl: metricsServer === null ? null : `${metricsServer.url}/metrics`,
    get children() {
      return [...container.children.atWork].map(({ pid }) => pid).filter((pid) => pid !== undefined);
    },
    [Symbol.asyncDispose]: stop,
  };
}

/** @throws AppError CONFIG_ERROR for a port that cannot be had; nothing of the worker is left open then */
async function serveMetricsOf(
  container: Container,
  { log = process.stderr }: WorkerHooks,
): Promise<MetricsServer | null> {
  const { host: bindHost, publicHosts, metricsPort: port } = container.config;
  if (port === 0) return null;
  const { serveMetrics } = await import("@trainer/platform/http"); // no other part of a worker needs it
  try {
    const about = { service: SERVICE, variable: "WORKER__METRICS_PORT", bindHost, publicHosts, port, log };
    return await serveMetrics(container.metrics, about);
  } catch (error) {
    await container[Symbol.asyncDispose]();
    throw error;
  }
}

/** Checks the folders that it writes in; without a file service nothing is fetched, and its texts may be there to be read alone. */
async function checkPlaces({ artifactsRoot, dataRoot, dataBank }: WorkerConfig): Promise<void> {
  const problem =
    (await whyNotAHome(artifactsRoot, "APP__ARTIFACTS_ROOT")) ??
    (dataBank === null ? null : await whyNotAHome(dataRoot, "APP__DATA_ROOT"));
  if (problem !== null) throw new AppError("CONFIG_ERROR", problem);
  if (dataBank !== null) await refuseWrongKey(dataBank);
  await claimHome(artifactsRoot);
}

async function gently(workers: readonly QueueWorker[], draining: AbortController): Promise<void> {
  await Promise.all(workers.map((worker) => worker.pause())); // takes no more
  draining.abort();
  await Promise.all(workers.map((worker) => worker.close()));
}

/** Waits for something, but no longer than that: Redis may be away, and what is left then others will find. */
async function within(ms: number, hurry: AbortSignal, body: Promise<unknown>): Promise<void> {
  const timers: NodeJS.Timeout[] = [];
  const enough = new Promise<void>((resolve) => {
    const resolveAfter = (wait: number) => timers.push(setTimeout(resolve, wait));
    resolveAfter(ms);
    if (hurry.aborted) resolveAfter(HURRY_MS);
    hurry.addEventListener("abort", () => resolveAfter(HURRY_MS), { once: true });
  });
  await Promise.race([body.catch(() => {}), enough]);
  for (const timer of timers) clearTimeout(timer);
}

async function made(kind: string, work: Work, drain: AbortSignal, container: Container): Promise<void> {
  using _ = container.children.underWay();
  if (kind === "train") return await trainJob(work, drain, container);
  if (kind === "tokenizer") return await tokenizerJob(work, drain, container);
  return await unknown(kind, work);
}

function answered(kind: string, work: Work, container: Container): Promise<void> {
  const job = Object.entries(requestJobs).find(([name]) => name === kind);
  return job === undefined ? unknown(kind, work) : job[1](work, container);
}

/** Sees that what a job is for does not wait for ever where the job cannot be read. */
async function ended(kind: string, work: Work, container: Container, body: Promise<void>): Promise<void> {
  try {
    await body;
  } catch (error) {
    if (error instanceof UnreadableJob) await endUnreadable(kind, work, container, error);
    throw error;
  }
}

async function unknown(kind: string, work: Work): Promise<void> {
  work.fail(newFailure("INVALID_INPUT", `no job is called "${kind}"`));
}
