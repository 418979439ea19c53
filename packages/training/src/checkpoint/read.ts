import { readFile, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { errnoOf, isAbsent, sha256OfFile } from "@trainer/disk";
import { list } from "./list.js";
import { COMMIT, CommitManifest, parseCheckpointName, type CheckpointName } from "./manifest.js";

export interface ValidCheckpoint extends CheckpointName {
  readonly path: string;
}

/** A checkpoint that cannot be used, and why: which file, and what is wrong with it. */
export interface DamagedCheckpoint extends CheckpointName {
  readonly path: string;
  readonly problem: string;
}

/** The newest checkpoint whose every file fits its COMMIT; each newer one that does not goes to `onDamaged`. */
export async function newestValid(
  dir: string,
  onDamaged: (damaged: DamagedCheckpoint) => void,
): Promise<ValidCheckpoint | null> {
  for (const checkpoint of await list(dir)) {
    const path = join(dir, checkpoint.name);
    const problem = await problemOf(path);
    if (problem === null) return { ...checkpoint, path };
    onDamaged({ ...checkpoint, path, problem });
  }
  return null;
}

/** The first problem of a checkpoint's files; null if there is none. `only` checks one file. */
export async function problemOf(path: string, only?: string): Promise<string | null> {
  let commit: CommitManifest;
  try {
    commit = CommitManifest.parse(JSON.parse(await readFile(join(path, COMMIT), "utf8")));
    if (commit.step !== parseCheckpointName(basename(path))?.step) throw new Error(`it is of step ${commit.step}`);
  } catch {
    return `${COMMIT} is missing or damaged`;
  }
  for (const { name, bytes, sha256 } of commit.files) {
    if (only !== undefined && name !== only) continue;
    const file = join(path, name);
    try {
      const { size } = await stat(file);
      if (size !== bytes) return `${name} has ${size} bytes instead of ${bytes}`;
      if ((await sha256OfFile(file)) !== sha256) return `${name} is not what was written (its SHA-256 differs)`;
    } catch (error) {
      return isAbsent(error) ? `${name} is missing` : `${name} cannot be read: ${errnoOf(error)}`;
    }
  }
  return null;
}
