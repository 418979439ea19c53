import { spanAttributes, traceparentIn, type QueueName } from "@trainer/platform";
import type { Span } from "@trainer/platform/tracing";
import { DelayedError, WaitingError, type Job } from "bullmq";
import type { Container } from "../container.js";
import type { JobOutcome } from "./metrics.js";

/** Has a job done: counted, timed, and with a span in the trace of the request that it was queued for. */
export async function observed(
  queue: QueueName,
  job: Pick<Job, "name" | "data" | "timestamp" | "attemptsStarted">,
  { metrics, tracing }: Pick<Container, "metrics" | "tracing">,
  body: (span: Span) => Promise<void>,
): Promise<void> {
  const { name: kind, timestamp: queuedAt } = job;
  const data: unknown = job.data;
  const start = Date.now();
  const isFirst = job.attemptsStarted <= 1;
  const parent = traceparentIn(data);
  const attributes = {
    "messaging.system": "bullmq",
    "messaging.destination.name": queue,
    "trainer.job": kind,
    ...spanAttributes(data),
  };
  const span = tracing.start(`job ${kind}`, { kind: "consumer", parent, attributes });
  if (isFirst)
    tracing.start("in queue", { parent: parent ?? span.traceparent, startedAt: queuedAt }).end({ endedAt: start });
  metrics.jobBegan(queue, isFirst ? Math.max(0, start - queuedAt) / 1000 : null); // clocks may differ
  let outcome: JobOutcome = "completed";
  try {
    await body(span);
  } catch (error) {
    outcome = error instanceof WaitingError || error instanceof DelayedError ? "returned" : "failed";
    throw error;
  } finally {
    metrics.jobEnded(queue, kind, outcome, (Date.now() - start) / 1000);
    span.set({ "trainer.outcome": outcome });
    span.end({ failure: outcome === "failed" ? outcome : null });
  }
}
