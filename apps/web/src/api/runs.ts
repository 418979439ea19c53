import { queryOptions } from "@tanstack/react-query";
import { RunList, type JobState } from "@trainer/platform/browser";
import { ask, pathTo } from "./ask.js";

/** How often a list of runs is read again. */
const EVERY_MS = 2000;

export interface RunsAsked {
  readonly status?: JobState | undefined;
  readonly cursor?: string | undefined;
  readonly limit: number;
}

/** A page of the runs, the newest first. */
export const runsQuery = (asked: RunsAsked) =>
  queryOptions({
    queryKey: ["runs", asked],
    queryFn: ({ signal }) => ask(RunList, pathTo("/runs", { ...asked }), { signal }),
    refetchInterval: EVERY_MS,
  });
