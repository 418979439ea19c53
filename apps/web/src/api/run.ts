import { queryOptions } from "@tanstack/react-query";
import {
  CancelAccepted,
  EvaluateResponse,
  MetricsHistory,
  RunRemoved,
  RunStatus,
  TrainAccepted,
} from "@trainer/platform/browser";
import { ApiError, ask, askText, pathTo } from "./ask.js";
import { RunManifest } from "./manifest.js";

/** How often what changes is read again: a step is on the screen within a second. */
const LIVE_MS = 500;
const SLOW_MS = 5000;

const at = (runId: string, rest = ""): string => `/runs/${encodeURIComponent(runId)}${rest}`;

/** True for a run that may yet change by itself. */
export const isLive = (run: Pick<RunStatus, "status"> | undefined): boolean =>
  run?.status === "queued" || run?.status === "running";

export const runQuery = (runId: string) =>
  queryOptions({
    queryKey: ["run", runId, "status"],
    queryFn: ({ signal }) => ask(RunStatus, at(runId), { signal }),
    refetchInterval: ({ state }) => (isLive(state.data) ? LIVE_MS : SLOW_MS),
  });

/** Null for a run that has not begun. */
export const manifestQuery = (runId: string, live: boolean) =>
  queryOptions({
    queryKey: ["run", runId, "manifest"],
    queryFn: ({ signal }) => unlessNone(ask(RunManifest, at(runId, "/manifest"), { signal })),
    refetchInterval: live ? SLOW_MS : false,
  });

/** How many steps are drawn at most; more are no more than a screen's pixels show. */
const POINTS = 1200;

export const metricsQuery = (runId: string, live: boolean) =>
  queryOptions({
    queryKey: ["run", runId, "metrics"],
    queryFn: ({ signal }) => ask(MetricsHistory, pathTo(at(runId, "/metrics"), { points: POINTS }), { signal }),
    refetchInterval: live ? LIVE_MS : false,
    structuralSharing: false, // an answer takes the place of the one before; to compare them would take longer
  });

/** The last lines of a run's log; none for a run that has not begun. */
export const logQuery = (runId: string, lines: number, live: boolean) =>
  queryOptions({
    queryKey: ["run", runId, "log", lines],
    queryFn: async ({ signal }) =>
      (await unlessNone(askText(pathTo(at(runId, "/logs"), { tail: lines }), { signal }))) ?? "",
    refetchInterval: live ? 1000 : false,
  });

/** A run's latest evaluation; null where there was none. */
export const evaluationQuery = (runId: string) =>
  queryOptions({
    queryKey: ["run", runId, "evaluation"],
    queryFn: ({ signal }) => unlessNone(ask(EvaluateResponse, at(runId, "/eval"), { signal })),
    refetchInterval: ({ state: { data } }) => (data?.status === "queued" || data?.status === "running" ? 1000 : false),
  });

export const cancelRun = (runId: string) => ask(CancelAccepted, at(runId, "/cancel"), { method: "POST" });

export const resumeRun = (runId: string) => ask(TrainAccepted, at(runId, "/resume"), { method: "POST" });

export const removeRun = (runId: string) => ask(RunRemoved, at(runId), { method: "DELETE" });

export const evaluateRun = (runId: string, split: string) =>
  ask(EvaluateResponse, at(runId, "/evaluate"), { method: "POST", body: { split } });

/** The path of a run as one file. */
export const archivePath = (runId: string): string => `/artifacts/models/${encodeURIComponent(runId)}`;

const NONE: ReadonlySet<string> = new Set(["DATA_NOT_FOUND", "EVAL_NOT_FOUND"]);

async function unlessNone<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ApiError && NONE.has(error.code)) return null;
    throw error;
  }
}
