import type { Home } from "./home.js";
import type { Failure } from "../errors.js";
import { failureFields, readManifest, writeManifest } from "./manifest.js";
import { hasBegun, runFolder } from "./run-folder.js";

/**
 * Writes a failure into a run's manifest, by a process that saw it when the run itself could not write any more: it was
 * killed, or stopped for good. A run that has not begun has no manifest to write to.
 */
export async function recordFailure(home: Home, runId: string, failure: Failure): Promise<void> {
  const folder = runFolder(home.root, runId);
  const manifest = (await hasBegun(folder)) ? await readManifest(folder.manifest) : null;
  if (manifest === null) return;
  await writeManifest(folder.manifest, {
    ...manifest,
    status: "failed",
    finished_at: manifest.finished_at ?? new Date().toISOString(),
    ...failureFields(failure),
    requested: true,
  });
}
