import { queryOptions, skipToken } from "@tanstack/react-query";
import {
  CancelAccepted,
  EvaluateResponse,
  EvaluationHistory,
  ExportList,
  MetricsHistory,
  RunFileList,
  RunRemoved,
  RunStatus,
  SampleList,
  TensorTable,
  TrainAccepted,
  type ResumeRequest,
} from "@trainer/platform/browser";
import { ApiError, ask, askText, pathTo } from "./ask.js";
import { RunManifest } from "./manifest.js";

/** How often what changes is read again: a step is on the screen within a second. */
const LIVE_MS = 500;
const SLOW_MS = 5000;

/** A path of a run: `/runs/<id>/<part>`. */
export const runPath = (runId: string, part = ""): string =>
  `/runs/${encodeURIComponent(runId)}${part === "" ? "" : `/${part}`}`;

/** True for a run that may yet change by itself. */
export const isLive = (run: Pick<RunStatus, "status"> | undefined): boolean =>
  run?.status === "queued" || run?.status === "running";

export const runQuery = (runId: string) =>
  queryOptions({
    queryKey: ["run", runId, "status"],
    queryFn: ({ signal }) => ask(RunStatus, runPath(runId), { signal }),
    refetchInterval: ({ state }) => (isLive(state.data) ? LIVE_MS : SLOW_MS),
  });

/** Null for a run that has not begun. */
export const manifestQuery = (runId: string, live: boolean) =>
  queryOptions({
    queryKey: ["run", runId, "manifest"],
    queryFn: ({ signal }) => unlessNone(ask(RunManifest, runPath(runId, "manifest"), { signal })),
    refetchInterval: live ? SLOW_MS : false,
  });

/** How many steps are drawn at most; more are no more than a screen's pixels show. */
const POINTS = 1200;

export const metricsQuery = (runId: string, live: boolean) =>
  queryOptions({
    queryKey: ["run", runId, "metrics"],
    queryFn: ({ signal }) => ask(MetricsHistory, pathTo(runPath(runId, "metrics"), { points: POINTS }), { signal }),
    refetchInterval: live ? LIVE_MS : false,
    structuralSharing: false, // an answer takes the place of the one before; to compare them would take longer
  });

/** Steps from the first to the last. */
export interface StepRange {
  readonly from: number;
  readonly to: number;
}

/** The steps of a range, as many as can be drawn; none are asked for where there is no range. */
export const rangeQuery = (runId: string, range: StepRange | null) =>
  queryOptions({
    queryKey: ["run", runId, "metrics", range],
    queryFn:
      range === null
        ? skipToken
        : ({ signal }) =>
            ask(MetricsHistory, pathTo(runPath(runId, "metrics"), { points: POINTS, ...range }), { signal }),
    structuralSharing: false,
    gcTime: 10_000, // of a zoom that is passing
  });

export interface LogAsked {
  /** How many of the last lines. */
  readonly tail: number;
  /** The least level; undefined: all. */
  readonly level?: string | undefined;
  /** A text in them. */
  readonly q?: string | undefined;
}

/** The last lines of a run's log that match; none for a run that has not begun. */
export const logQuery = (runId: string, asked: LogAsked, live: boolean) =>
  queryOptions({
    queryKey: ["run", runId, "log", asked],
    queryFn: async ({ signal }) =>
      (await unlessNone(askText(pathTo(runPath(runId, "logs"), { ...asked }), { signal }))) ?? "",
    refetchInterval: live ? 1000 : false,
  });

/** A run's latest evaluation; null where there was none. */
export const evaluationQuery = (runId: string) =>
  queryOptions({
    queryKey: ["run", runId, "evaluation"],
    queryFn: ({ signal }) => unlessNone(ask(EvaluateResponse, runPath(runId, "eval"), { signal })),
    refetchInterval: ({ state: { data } }) => (data?.status === "queued" || data?.status === "running" ? 1000 : false),
  });

/** All evaluations of a run, the oldest first. */
export const evaluationsQuery = (runId: string) =>
  queryOptions({
    queryKey: ["run", runId, "evaluations"],
    queryFn: ({ signal }) => ask(EvaluationHistory, runPath(runId, "evals"), { signal }),
  });

/** What a run's model wrote when it was evaluated last, and as it was trained. */
export const samplesQuery = (runId: string, live: boolean) =>
  queryOptions({
    queryKey: ["run", runId, "samples"],
    queryFn: ({ signal }) => ask(SampleList, runPath(runId, "samples"), { signal }),
    refetchInterval: live ? SLOW_MS : false,
  });

export const filesQuery = (runId: string, live: boolean) =>
  queryOptions({
    queryKey: ["run", runId, "files"],
    queryFn: ({ signal }) => ask(RunFileList, runPath(runId, "files"), { signal }),
    refetchInterval: live ? SLOW_MS : false,
  });

/** The path of a file of a run. */
export const filePath = (runId: string, path: string): string =>
  runPath(runId, `files/${path.split("/").map(encodeURIComponent).join("/")}`);

/** The tensors of a safetensors file of a run. */
export const tensorsQuery = (runId: string, path: string) =>
  queryOptions({
    queryKey: ["run", runId, "tensors", path],
    queryFn: ({ signal }) => ask(TensorTable, pathTo(filePath(runId, path), { header: true }), { signal }),
  });

/** How much of a text is shown. */
export const PREVIEW_BYTES = 64 << 10;

/** The beginning of a text file of a run. */
export const previewQuery = (runId: string, path: string) =>
  queryOptions({
    queryKey: ["run", runId, "preview", path],
    queryFn: ({ signal }) =>
      askText(filePath(runId, path), { signal, headers: { range: `bytes=0-${PREVIEW_BYTES - 1}` } }),
  });

/** Stops a run after the step that it is at; what it has learnt is kept. */
export const cancelRun = (runId: string) => ask(CancelAccepted, runPath(runId, "cancel"), { method: "POST" });

/** Goes on with a run from its newest checkpoint, to a new end where one is given. */
export const resumeRun = (runId: string, end: Partial<ResumeRequest> = {}) =>
  ask(TrainAccepted, runPath(runId, "resume"), { method: "POST", body: end });

/** Removes a run that has ended, with its files. */
export const removeRun = (runId: string) => ask(RunRemoved, runPath(runId), { method: "DELETE" });

export const evaluateRun = (runId: string, split: string) =>
  ask(EvaluateResponse, runPath(runId, "evaluate"), { method: "POST", body: { split } });

/** The path of a run as one file. */
export const archivePath = (runId: string): string => `/artifacts/models/${encodeURIComponent(runId)}`;

/** The path of a run's model as other programs load it, one file; `adapter`: its adapter alone. */
export const exportPath = (runId: string, adapter: boolean): string => pathTo(runPath(runId, "export"), { adapter });

/** What that file would hold; a run that cannot be exported says why. */
export const exportList = (runId: string, adapter: boolean) =>
  ask(ExportList, pathTo(runPath(runId, "export"), { adapter, list: true }));

const NONE: ReadonlySet<string> = new Set(["DATA_NOT_FOUND", "EVAL_NOT_FOUND"]);

async function unlessNone<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ApiError && NONE.has(error.code)) return null;
    throw error;
  }
}
