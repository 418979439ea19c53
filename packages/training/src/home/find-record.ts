import { join } from "node:path";
import type { Home } from "./home.js";
import { resolveRun } from "./resolve-run.js";
import { archivedFiles, isArchived } from "./run-log-files.js";

/** Files that describe a run, whether its folder exists or was cleaned away. */
export interface RunRecord {
  /** Null for a folder outside the home. */
  readonly id: string | null;
  readonly manifest: string;
  readonly logs: string;
  readonly metrics: string;
  readonly samples: string;
}

/** The files of a run by its id or path; not all of them need be there. Errors: those of `resolveRun`. */
export async function findRecord(ref: string, home: Home): Promise<RunRecord> {
  if (await isArchived(home, ref)) return { id: ref, ...archivedFiles(home, ref) };
  const { id, dir } = await resolveRun(ref, home);
  const file = (name: string) => join(dir, name);
  const [manifest, logs] = [file("manifest.json"), file("logs.jsonl")];
  return { id, manifest, logs, metrics: file("metrics.jsonl"), samples: file("samples.jsonl") };
}
