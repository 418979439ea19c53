import { createReadStream } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { isFolder, isId, makeFolder, type Sha256 } from "@trainer/disk";
import { fileIdOf } from "../corpus/corpus-cache.js";
import { TrainingError } from "../errors.js";
import type { Home } from "../home/home.js";
import { archivedFiles } from "../home/run-log-files.js";
import { readManifest, writeManifest } from "../run/manifest.js";
import { runFolder } from "../run/run-folder.js";
import { waitForLock } from "../run/wait-for-lock.js";
import { transferFailure, type DataBank, type FetchContext } from "./data-bank.js";
import { unpackRun, type UnpackOptions } from "./unpack.js";

/**
 * Writes into a run's manifest under which id a file service keeps its archive; null where what is kept is no longer all
 * that the run has. Without an id no cleanup removes the run.
 */
export async function recordArchive(home: Home, runId: string, fileId: string | null): Promise<void> {
  const path = runFolder(home.root, runId).manifest;
  const manifest = await readManifest(path);
  if (manifest === null) throw new TrainingError("RUN_NOT_FOUND", "USER_INPUT", `there is no ${path}`);
  await writeManifest(path, { ...manifest, artifact_file_id: fileId });
}

/** Under which id a file service keeps the archive of a run that a cleanup has removed; null where that is not known. */
export async function archivedFileId(home: Home, runId: string): Promise<Sha256 | null> {
  if (!isId(runId)) return null;
  return fileIdOf((await readManifest(archivedFiles(home, runId).manifest))?.artifact_file_id ?? ""); // it becomes a name
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

/**
 * Fetches the archive of a run and restores it. Of processes that want the same at once one fetches and the others wait;
 * what a killed one has fetched is gone on with.
 *
 * Errors: ARTIFACT_DOWNLOAD_FAILED (TRANSIENT where it may pass), those of `restoreRun`; the signal's reason.
 */
export async function fetchRun(
  home: Home,
  runId: string,
  fileId: Sha256,
  { dataBank, onFetch, signal }: FetchContext & { readonly dataBank: DataBank },
): Promise<void> {
  const dir = join(home.cache, "archives");
  const path = join(dir, `${fileId}.tar.gz`);
  await makeFolder(dir);
  using _lock = await waitForLock(`${path}.lock`, signal);
  if (await isFolder(join(home.models, runId))) return; // another process was quicker
  try {
    const onProgress = (progress: { readonly bytes: number; readonly totalBytes: number }) =>
      onFetch?.({ what: "run", id: runId, ...progress });
    await dataBank.download(fileId, path, { onProgress, signal });
    await restoreRun(home, runId, () => createReadStream(path, { highWaterMark: 1 << 20 }));
  } catch (error) {
    signal?.throwIfAborted();
    throw transferFailure(error, "ARTIFACT_DOWNLOAD_FAILED", `run ${runId} cannot be brought back (file ${fileId})`);
  } finally {
    await rm(path, { force: true });
  }
}
