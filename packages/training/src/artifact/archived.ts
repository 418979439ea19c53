import { join } from "node:path";
import type { Readable } from "node:stream";
import { TrainingError } from "../errors.js";
import type { Home } from "../home/home.js";
import { isId } from "../home/ids.js";
import { readManifest, writeManifest } from "../run/manifest.js";
import { runFolder } from "../run/run-folder.js";
import { unpackRun, type UnpackOptions } from "./unpack.js";

/** Writes into a run's manifest under which id a file service keeps its archive. Before that no cleanup removes the run. */
export async function recordArchive(home: Home, runId: string, fileId: string): Promise<void> {
  const path = runFolder(home.root, runId).manifest;
  const manifest = await readManifest(path);
  if (manifest === null) throw new TrainingError("RUN_NOT_FOUND", "USER_INPUT", `there is no ${path}`);
  await writeManifest(path, { ...manifest, artifact_file_id: fileId });
}

/** Under which id a file service keeps the archive of a run that a cleanup has removed; null where that is not known. */
export async function archivedFileId(home: Home, runId: string): Promise<string | null> {
  if (!isId(runId)) return null;
  return (await readManifest(join(home.archived, `${runId}.json`)))?.artifact_file_id ?? null;
}

/**
 * Brings back a run that a cleanup has removed; where its folder is there, that stays as it is. `fetch` gives the file of
 * an id. Errors: RUN_NOT_FOUND where no archive of it is known, those of `unpackRun`.
 */
export async function restoreRun(
  home: Home,
  runId: string,
  fetch: (fileId: string) => Readable,
  limits: UnpackOptions["limits"] = {},
): Promise<void> {
  const fileId = await archivedFileId(home, runId);
  if (fileId === null) {
    throw new TrainingError(
      "RUN_NOT_FOUND",
      "USER_INPUT",
      `no archive of a run "${runId}" is known in ${home.archived}`,
    );
  }
  await unpackRun(() => fetch(fileId), runFolder(home.root, runId).path, { runId, fileId, limits });
}
