import { Sha256, type RunId } from "@trainer/platform";
import type { Archives } from "../child/messages.js";
import type { RunRecords } from "@trainer/platform/redis";

/**
 * The archive of a run, from Redis: a worker's home knows only runs that were trained there, and a request may be for
 * one from another machine. Empty if no archive is known.
 */
export async function knownArchives(runs: RunRecords, runId: RunId | null): Promise<Archives> {
  if (runId === null) return new Map();
  const fileId = Sha256.safeParse(await runs.artifact(runId)).data;
  return new Map(fileId === undefined ? [] : [[runId, fileId]]);
}
