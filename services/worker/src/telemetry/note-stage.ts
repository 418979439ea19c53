import type { Span } from "@trainer/platform/tracing";
import type { Stage } from "../child/messages.js";
import type { Container } from "../container.js";

/** Notes a stage that a process has told, in the metrics and below its span. */
export function noteStage(
  { metrics, tracing }: Pick<Container, "metrics" | "tracing">,
  parent: Span,
  stage: Stage,
): void {
  metrics.stageEnded(stage);
  const { name, startedAt, seconds, failure, attributes } = stage;
  const named = Object.entries(attributes).map(([attribute, value]) => [`trainer.${attribute}`, value] as const);
  tracing
    .start(name, { parent: parent.traceparent, startedAt, attributes: Object.fromEntries(named) })
    .end({ failure, endedAt: startedAt + seconds * 1000 });
}
