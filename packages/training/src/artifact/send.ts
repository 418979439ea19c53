import { createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { folderBeside, isFolder } from "@trainer/disk";
import { cleanRun } from "../cleanup/clean-runs.js";
import type { CleanupConfig } from "../cleanup/config.js";
import type { CleanupContext, Decision } from "../cleanup/report.js";
import { TrainingError } from "../errors.js";
import type { Home } from "../home/home.js";
import { resolveRun } from "../home/resolve-run.js";
import { readManifest } from "../home/manifest.js";
import { markInUse } from "../home/run-use.js";
import { archivedFileId, recordArchive } from "./archived.js";
import { archiveName } from "./tar/names.js";
import { transferFailure, type DataBank, type TransferProgress } from "../home/data-bank.js";
import { packRun, type Packed } from "./pack.js";

export interface SendContext extends CleanupContext {
  readonly home: Home;
  readonly dataBank: DataBank;
  /** Rules for removing the run's folder afterwards; it stays without them. Failures in that are only logged. */
  readonly cleanup?: CleanupConfig | undefined;
  readonly onProgress?: ((progress: TransferProgress) => void) | undefined;
}

export interface SentArtifact {
  readonly runId: string;
  /** Id of the archive in the file service: its SHA-256. */
  readonly fileId: string;
  /** Size of the archive; null for a run that was sent and cleaned away before. */
  readonly bytes: number | null;
  /** Decision about the run's folder; null without rules, or if that failed. */
  readonly cleanup: Decision | null;
}

/**
 * Sends a run that has ended to a file service: packs it, uploads it, compares size and hash, writes the id into the
 * run's manifest, and then cleans up. Repeatable after any interruption: the same run gives the same archive.
 *
 * Errors: RUN_NOT_FOUND; CONFLICT for a run that has not ended; ARTIFACT_UPLOAD_FAILED (TRANSIENT where a retry may
 * help); errors of the disk; the signal's reason.
 */
export async function sendArtifact(runId: string, context: SendContext): Promise<SentArtifact> {
  const { home, cleanup } = context;
  const before = (await isFolder(join(home.models, runId))) ? null : await archivedFileId(home, runId);
  if (before !== null) return { runId, fileId: before, bytes: null, cleanup: null };
  const sent = await send(runId, context);
  if (cleanup === undefined) return { ...sent, cleanup: null };
  try {
    return { ...sent, cleanup: await cleanRun(home, runId, cleanup, context) };
  } catch {
    return { ...sent, cleanup: null }; // logged: the archive is safe all the same
  }
}

async function send(runId: string, { home, dataBank, onProgress, signal }: SendContext) {
  const { id, dir } = await resolveRun(runId, home);
  if (id === null) throw new TrainingError("RUN_NOT_FOUND", `${dir} is no run of ${home.root}`);
  using _use = markInUse(dir, id);
  const status = (await readManifest(join(dir, "manifest.json")))?.status;
  if (status !== "completed" && status !== "failed") {
    const message = `run ${id} has not ended (it is ${status ?? "only queued"}): its archive would not be whole; let it end first`;
    throw new TrainingError("CONFLICT", message);
  }
  const folder = await folderBeside(join(home.cache, "sending"));
  try {
    const path = join(folder, archiveName(id));
    const packed = await packRun(dir, id, createWriteStream(path));
    await upload(path, id, packed);
    await recordArchive(home, id, packed.sha256);
    return { runId: id, fileId: packed.sha256, bytes: packed.bytes };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }

  async function upload(path: string, id: string, { bytes, sha256 }: Packed): Promise<void> {
    const what = `the archive of run ${id} cannot be sent`;
    try {
      const options = { filename: archiveName(id), signal, onProgress };
      const stored = await dataBank.upload(path, "application/gzip", options);
      if (stored.size === bytes && stored.sha256 === sha256) return;
      const message = `${what}: the file service has ${stored.size} bytes with the hash ${stored.sha256}, not the ${bytes} bytes with ${sha256}`;
      throw new TrainingError("ARTIFACT_UPLOAD_FAILED", message, { failureClass: "TRANSIENT" });
    } catch (error) {
      signal?.throwIfAborted();
      throw transferFailure(error, "ARTIFACT_UPLOAD_FAILED", what);
    }
  }
}
