import { join } from "node:path";
import { TrainingError } from "../errors.js";
import { isHeld } from "../run/lock.js";
import { readManifest, type RunManifest, type RunStatus } from "../run/manifest.js";
import { runFolder } from "../run/run-folder.js";
import { bytesIn, idsIn } from "./folders.js";
import type { Home } from "./home.js";

/** A run as lists show it. */
export interface RunSummary {
  readonly id: string;
  readonly dir: string;
  /** `damaged`: there is no manifest, or none that can be read; `problem` says what is wrong with it. */
  readonly status: RunStatus | "damaged";
  readonly problem: string | null;
  readonly manifest: RunManifest | null;
  /** What the folder takes up on disk. */
  readonly bytes: number;
}

/** The runs of a home, the newest first. One that cannot be read is listed too, with its problem. */
export async function listRuns(home: Home): Promise<RunSummary[]> {
  const runs = await Promise.all((await idsIn(home.models)).map((id) => summarizeRun(home, id)));
  const created = (run: RunSummary) => run.manifest?.created_at ?? 0;
  return runs.toSorted((a, b) => created(b) - created(a) || a.id.localeCompare(b.id));
}

/** What lies in the folder of run `id`, which must be there. */
export async function summarizeRun(home: Home, id: string): Promise<RunSummary> {
  const dir = join(home.models, id);
  const folder = runFolder(home.root, id);
  const bytes = await bytesIn(dir);
  try {
    const manifest = await readManifest(folder.manifest);
    if (manifest === null) {
      return { id, dir, status: "damaged", problem: `${folder.manifest} is missing`, manifest, bytes };
    }
    // A process that was killed could not say so: a run that nobody trains is not running.
    const left = manifest.status === "running" && !isHeld(folder.lock);
    return { id, dir, status: left ? "interrupted" : manifest.status, problem: null, manifest, bytes };
  } catch (error) {
    return { id, dir, status: "damaged", problem: TrainingError.from(error).message, manifest: null, bytes };
  }
}
