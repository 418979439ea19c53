import type { RunStatus } from "@trainer/platform/browser";
import type { Tone } from "../../../parts/badge.js";

/** Message of a run that was stopped: the service knows no state of its own for it. */
const STOPPED = "Training cancelled";

/** A run's state for people. */
export function stateOf({ status, message }: Pick<RunStatus, "status" | "message">): {
  readonly title: string;
  readonly tone: Tone;
} {
  switch (status) {
    case "queued":
      return { title: "Waiting", tone: "quiet" };
    case "running":
      return { title: "Running", tone: "busy" };
    case "completed":
      return { title: "Finished", tone: "good" };
    case "failed":
      return message?.startsWith(STOPPED) === true
        ? { title: "Stopped", tone: "quiet" }
        : { title: "Failed", tone: "bad" };
  }
}
