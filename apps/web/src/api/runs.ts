import { queryOptions } from "@tanstack/react-query";
import { ExportedModelList, RunList, RunNotes, type JobState, type RunSort } from "@trainer/platform/browser";
import { ask, pathTo } from "./ask.js";
import { runPath } from "./run.js";

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

/** The models in the home's folder of exports. */
export const exportedQuery = () =>
  queryOptions({
    queryKey: ["exported"],
    queryFn: ({ signal }) => ask(ExportedModelList, "/exports", { signal }),
  });

/** Tags and note of a run. */
export const notesQuery = (runId: string) =>
  queryOptions({
    queryKey: ["run", runId, "notes"],
    queryFn: ({ signal }) => ask(RunNotes, runPath(runId, "notes"), { signal }),
  });

export const saveNotes = (runId: string, notes: RunNotes): Promise<RunNotes> =>
  ask(RunNotes, runPath(runId, "notes"), { method: "PUT", body: notes });
