import { queryOptions } from "@tanstack/react-query";
import {
  CancelAccepted,
  RunList,
  RunNotes,
  RunRemoved,
  TrainAccepted,
  type JobState,
  type RunSort,
} from "@trainer/platform/browser";
import { ask, pathTo } from "./ask.js";

/** How often a list of runs is read again. */
const EVERY_MS = 2000;

export interface RunsAsked {
  readonly status?: JobState | undefined;
  readonly family?: string | undefined;
  /** All of them. */
  readonly tag?: readonly string[] | undefined;
  /** Words, all of which a run's id, model, corpus or tags have. */
  readonly q?: string | undefined;
  readonly sort?: RunSort | undefined;
  readonly order?: "asc" | "desc" | undefined;
  readonly offset?: number | undefined;
  readonly limit: number;
}

/** A page of the runs of the home. */
export const runsQuery = (asked: RunsAsked) =>
  queryOptions({
    queryKey: ["runs", asked],
    queryFn: ({ signal }) => ask(RunList, pathTo("/runs", { ...asked }), { signal }),
    refetchInterval: EVERY_MS,
  });

/** A path of a run: `/runs/<id>/<part>`. */
export const runPath = (runId: string, part = ""): string =>
  `/runs/${encodeURIComponent(runId)}${part === "" ? "" : `/${part}`}`;

/** Tags and note of a run. */
export const notesQuery = (runId: string) =>
  queryOptions({
    queryKey: ["run", runId, "notes"],
    queryFn: ({ signal }) => ask(RunNotes, runPath(runId, "notes"), { signal }),
  });

export const saveNotes = (runId: string, notes: RunNotes): Promise<RunNotes> =>
  ask(RunNotes, runPath(runId, "notes"), { method: "PUT", body: notes });

/** Stops a run after the step that it is at; what it has learnt is kept. */
export const cancelRun = (runId: string): Promise<CancelAccepted> =>
  ask(CancelAccepted, runPath(runId, "cancel"), { method: "POST" });

/** Goes on with a run from its newest checkpoint. */
export const resumeRun = (runId: string): Promise<TrainAccepted> =>
  ask(TrainAccepted, runPath(runId, "resume"), { method: "POST" });

/** Removes a run that has ended, with its files. */
export const removeRun = (runId: string): Promise<RunRemoved> => ask(RunRemoved, runPath(runId), { method: "DELETE" });
