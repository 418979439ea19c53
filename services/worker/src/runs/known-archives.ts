import type { RunId } from "@trainer/platform";
import type { Archives } from "../child/messages.js";
import type { RunRecords } from "@trainer/platform/redis";

/**
 * The archive of a run, from Redis: a worker's home knows only runs that were trained there, and a request may be for
 * one from another machine. Empty if no archive is known.
 */
export async function knownArchives(runs: RunRecords, runId: RunId | null): Promise<Archives> {
  if (runId === null) return new Map();
  const fileId = await runs.archive(runId);
  return new Map(fileId === null ? [] : [[runId, fileId]]);
}
