import type { RunId, Sha256 } from "@trainer/platform";
import type { Archives } from "../child/messages.js";
import type { RunRecords } from "@trainer/platform/redis";

/**
 * The archives of runs, from Redis: a worker's home knows only runs that were trained there, and a request may be for
 * one from another machine. Those that are known.
 */
export async function knownArchives(runs: RunRecords, ...runIds: readonly (RunId | null)[]): Promise<Archives> {
  const archives = new Map<RunId, Sha256>();
  for (const runId of runIds) {
    const fileId = runId && (await runs.archive(runId));
    if (runId !== null && fileId !== null) archives.set(runId, fileId);
  }
  return archives;
}
