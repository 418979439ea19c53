import { traceFields, type Span } from "@trainer/platform/tracing";
import type { JobReport } from "../child/messages.js";
import type { Container } from "../container.js";
import type { Child, Ended } from "../supervise/child.js";
import { noteStage } from "./note-stage.js";

/** Starts a process for a training or a tokenizer, with a span of its own below the job's: what it tells of its stages and steps is noted. */
export function startObserved(
  container: Pick<Container, "metrics" | "tracing" | "startChild">,
  job: Span,
  onMessage: (message: JobReport) => void,
): Child {
  const { metrics, tracing, startChild } = container;
  const span = tracing.start("process", { parent: job.traceparent });
  const child = startChild((message) => {
    if (message.type === "stage") noteStage(container, span, message.stage);
    else if (message.type === "steps") metrics.stepped(message.done);
    else onMessage(message);
  }, traceFields(job));
  span.set({ "process.pid": Number(child.pid) });
  child.whenEnded((ended) => span.end({ failure: child.killed ? null : reasonOf(ended) }));
  return child;
}

/** The reason of an end that nobody wanted. */
export function reasonOf({ hung, oom }: Pick<Ended, "hung" | "oom">): string {
  if (hung) return "hung";
  return oom ? "oom" : "crashed";
}
