import { traceFields, type Span } from "@trainer/platform/tracing";
import type { JobReport } from "../child/messages.js";
import type { Container } from "../container.js";
import type { Child } from "../supervise/child.js";
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
  span.set({ "process.pid": child.pid ?? 0 });
  child.whenEnded(({ hung, oom }) => {
    const how = hung ? "hung" : oom ? "oom" : "crashed";
    span.end({ failure: child.killed ? null : how });
  });
  return child;
}
