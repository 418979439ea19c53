import { join } from "node:path";
import { TrainingError } from "../errors.js";
import type { RunManifest, RunStatus } from "./manifest.js";
import { readStanding } from "./read-standing.js";
import { isAskedFor } from "./request-store.js";
import { runFolder } from "./run-folder.js";
import { bytesIn, idsIn } from "./folders.js";
import type { Home } from "./home.js";
import { archivedFiles, archivedIds, isArchived } from "./run-log-files.js";

/** A run as lists show it. */
export interface RunSummary {
  readonly id: string;
  readonly dir: string;
  /** `damaged`: there is no readable manifest; `problem` gives the reason. */
  readonly status: RunStatus | "damaged";
  readonly problem: string | null;
  readonly manifest: RunManifest | null;
  /** Its folder was cleaned away; it can be fetched back if a file service has its archive. */
  readonly archived: boolean;
  /** Size of the folder on disk. */
  readonly bytes: number;
}

/**
 * The runs of a home, the newest first, archived ones too. One that cannot be read is listed with its problem; one that
 * waits in a service's queue is none yet.
 */
export async function listRuns(home: Home): Promise<RunSummary[]> {
  const ids = new Set([...(await idsIn(home.models)), ...(await archivedIds(home))]);
  const found = await Promise.all(
    [...ids].map(async (id) => ((await isAskedFor(runFolder(home.root, id))) ? [] : [await summarizeRun(home, id)])),
  );
  const runs = found.flat();
  const created = (run: RunSummary) => run.manifest?.created_at ?? 0;
  const started = (run: RunSummary) => run.manifest?.started_at ?? ""; // to the millisecond
  return runs.toSorted(
    (a, b) => created(b) - created(a) || started(b).localeCompare(started(a)) || a.id.localeCompare(b.id),
  );
}

/** Summary of the existing run `id`, by its folder, or by what is kept of it. */
export async function summarizeRun(home: Home, id: string): Promise<RunSummary> {
  const dir = join(home.models, id);
  const folder = runFolder(home.root, id);
  const archived = await isArchived(home, id);
  const path = archived ? archivedFiles(home, id).manifest : folder.manifest;
  const about = { id, dir, archived, bytes: await bytesIn(dir) };
  try {
    const standing = await readStanding({ manifest: path, lock: folder.lock });
    if (standing === null) return { ...about, status: "damaged", problem: `${path} is missing`, manifest: null };
    const { manifest, left } = standing;
    return { ...about, status: left ? "interrupted" : manifest.status, problem: null, manifest };
  } catch (error) {
    return { ...about, status: "damaged", problem: TrainingError.from(error).message, manifest: null };
  }
}
