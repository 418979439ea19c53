import { createReadStream } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { isFolder, isId, makeFolder, type Sha256 } from "@trainer/disk";
import { fileIdOf } from "../corpus/corpus-cache.js";
import { TrainingError } from "../errors.js";
import type { Home } from "../home/home.js";
import { archivedFiles } from "../home/run-log-files.js";
import { readManifest, writeManifest } from "../home/manifest.js";
import { runFolder } from "../home/run-folder.js";
import { waitForLock } from "../home/wait-for-lock.js";
import { transferFailure, type DataBank, type FetchContext } from "../home/data-bank.js";
import { unpackRun } from "./unpack.js";

/**
 * Writes into a run's manifest under which id a file service keeps its archive; null where what is kept is no longer all
 * that the run has. Without an id no cleanup removes the run.
 */
export async function recordArchive(home: Home, runId: string, fileId: string | null): Promise<void> {
  const path = runFolder(home.root, runId).manifest;
  const manifest = await readManifest(path);
  if (manifest === null) throw new TrainingError("RUN_NOT_FOUND", `there is no ${path}`);
  await writeManifest(path, { ...manifest, artifact_file_id: fileId });
}

/** Id of the archive in a file service of a run that a cleanup has removed; null if unknown. */
export async function archivedFileId(home: Home, runId: string): Promise<Sha256 | null> {
  if (!isId(runId)) return null;
  return fileIdOf((await readManifest(archivedFiles(home, runId).manifest))?.artifact_file_id ?? ""); // it becomes a name
}

/**
 * Fetches the archive of a run and unpacks it into its folder; an existing folder stays as it is. Of concurrent
 * processes one fetches and the others wait; a partial download is resumed.
 *
 * Errors: ARTIFACT_DOWNLOAD_FAILED (TRANSIENT where a retry may help), those of `unpackRun`; the signal's reason.
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
    const open = () => createReadStream(path, { highWaterMark: 1 << 20 });
    await unpackRun(open, runFolder(home.root, runId).path, { runId, fileId });
  } catch (error) {
    signal?.throwIfAborted();
    throw transferFailure(error, "ARTIFACT_DOWNLOAD_FAILED", `run ${runId} cannot be brought back (file ${fileId})`);
  } finally {
    await rm(path, { force: true });
  }
}
