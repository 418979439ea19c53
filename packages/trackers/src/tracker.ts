import type { RunManifest, RunSummary } from "@trainer/training/files";

export type Ended = Exclude<RunSummary["status"], "running">;

/** How a run stands. Times are in milliseconds since 1970. */
export type RunState =
  { readonly status: "running"; readonly endTime: null } | { readonly status: Ended; readonly endTime: number };

/** A run as trackers are given it. */
export interface TrackedRun {
  readonly id: string;
  /** As the manifest has it: a run that was begun anew under its id is another. */
  readonly startedAt: string;
  readonly config: RunManifest["config"];
}

/** Figures of a step. */
export interface Row {
  readonly step: number;
  readonly tokens: number;
  /** Counted from 0; null where it is not known. */
  readonly epoch: number | null;
  /** In milliseconds since 1970. */
  readonly timestamp: number;
  readonly scalars: ReadonlyMap<string, number>;
}

/** A run as a tracker holds it. After a failure it is opened anew. */
export interface HeldRun {
  /** The last step of each figure that the tracker has; figures up to it are left out. */
  readonly steps: ReadonlyMap<string, number>;
  log(rows: readonly Row[], signal: AbortSignal): Promise<void>;
  tell(state: RunState, signal: AbortSignal): Promise<void>;
  /** The words of a command that the user is to type for the run to be seen; null where it is seen already. */
  readonly next: readonly string[] | null;
}

/** A program that shows runs. */
export interface Tracker {
  /** That of its flag. */
  readonly name: string;
  /** The run there, and what there is of it; one that is not there is made. */
  open(run: TrackedRun, signal: AbortSignal): Promise<HeldRun>;
}
