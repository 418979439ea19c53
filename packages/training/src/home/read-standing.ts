import { isHeld } from "./file-lock.js";
import { readManifest, type RunManifest } from "./manifest.js";

export interface Standing {
  readonly manifest: RunManifest;
  /** True where its process is gone and could not say so: a run that nobody trains is not running. */
  readonly left: boolean;
}

/** A run by its manifest and its lock; null without a manifest. A manifest that cannot be read throws. */
export async function readStanding(files: {
  readonly manifest: string;
  readonly lock: string;
}): Promise<Standing | null> {
  const manifest = await readManifest(files.manifest);
  if (manifest?.status !== "running" || isHeld(files.lock)) return manifest && { manifest, left: false };
  // Who trained it may have written how it ended, and let the lock go, since the manifest was read.
  const now = await readManifest(files.manifest);
  return now && { manifest: now, left: now.status === "running" };
}
