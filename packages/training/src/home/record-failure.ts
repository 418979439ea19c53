import type { Home } from "./home.js";
import type { Failure } from "../errors.js";
import { failureFields, readManifest, writeManifest } from "./manifest.js";
import { hasBegun, runFolder } from "./run-folder.js";

/**
 * Writes into a run's manifest that it has failed, for whoever saw that when the run itself could not say so any more: its
 * process was killed, or somebody stopped it for good. A run that has not begun has nothing that it could be written into.
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
