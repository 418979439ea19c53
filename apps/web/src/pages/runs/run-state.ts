import type { ListedRun } from "@trainer/platform/browser";
import type { Tone } from "../../parts/badge.js";
import { duration } from "../../parts/figures.js";

/** After how many seconds without a sign of life a run is doubted. */
const DOUBTED_S = 60;

export interface RunState {
  readonly word: string;
  readonly tone: Tone;
  /** One line under the word; "" for none. */
  readonly detail: string;
}

/** A run's state for people: one that was stopped has not failed, and one that is silent may be gone. */
export function runState(
  run: Pick<ListedRun, "status" | "message" | "error" | "last_heartbeat_ts">,
  now: number,
): RunState {
  switch (run.status) {
    case "queued":
      return { word: "Waiting", tone: "quiet", detail: "" };
    case "running": {
      const silent = run.last_heartbeat_ts === null ? null : Math.max(0, now / 1000 - run.last_heartbeat_ts);
      if (silent !== null && silent > DOUBTED_S)
        return { word: "Silent", tone: "warn", detail: `no sign of life for ${duration(silent)}` };
      return { word: "Running", tone: "busy", detail: silent === null ? "" : `sign of life ${sinceOf(silent)}` };
    }
    case "completed":
      return { word: "Finished", tone: "good", detail: run.error === null ? "" : `not trained further: ${run.error}` };
    case "failed":
      if (run.message?.startsWith("Training cancelled") === true) return { word: "Stopped", tone: "quiet", detail: "" };
      return { word: "Failed", tone: "bad", detail: run.error ?? run.message ?? "" };
  }
}

/** In steps of ten seconds: a figure that changes with every look is noise. */
const sinceOf = (seconds: number): string => (seconds < 10 ? "just now" : `${Math.floor(seconds / 10) * 10} s ago`);

export const hasEnded = ({ status }: Pick<ListedRun, "status">): boolean =>
  status === "completed" || status === "failed";

/** True for a run that the service can go on with. */
export const canResume = ({ status, managed }: Pick<ListedRun, "status" | "managed">): boolean =>
  status === "failed" && managed !== false;

/** True for a run that the service can stop. */
export const canCancel = (run: Pick<ListedRun, "status" | "managed">): boolean =>
  !hasEnded(run) && run.managed !== false;
