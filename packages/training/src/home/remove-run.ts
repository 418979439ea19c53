import { rm } from "node:fs/promises";
import { join } from "node:path";
import { ID_RULE, finishRemovals, isFolder, isId, removeAside } from "@trainer/disk";
import { TrainingError } from "../errors.js";
import { lockForRemoval } from "./run-use.js";
import { bytesIn, bytesOf, idsIn } from "./folders.js";
import type { Home } from "./home.js";
import { suggest } from "./nearest.js";
import { archivedFiles, isArchived } from "./run-log-files.js";

/**
 * Removes a run with all its files and returns how many bytes that freed; of one that was cleaned away, what is kept of it.
 * Takes ids alone, never a path; refuses (CONFLICT) a run that is being trained or used. Its archive in a file service stays.
 */
export async function removeRun(home: Home, id: string): Promise<{ readonly bytes: number }> {
  if (!isId(id)) {
    const message = `"${id}" is no run id (${ID_RULE}); only runs in ${home.models} are removed`;
    throw new TrainingError("INVALID_INPUT", message);
  }
  const dir = join(home.models, id);
  if (await isArchived(home, id)) return { bytes: await forget(home, id) };
  if (!(await isFolder(dir))) {
    const hint = suggest(id, await idsIn(home.models), "it has no runs");
    throw new TrainingError("RUN_NOT_FOUND", `no run "${id}" in ${home.models}: ${hint}`);
  }
  const bytes = await bytesIn(dir);
  using removal = lockForRemoval(dir);
  if (removal === null) {
    const message = `run ${id} is being trained or used; stop that before it is removed`;
    throw new TrainingError("CONFLICT", message);
  }
  await removeAside(dir);
  await finishRemovals(home.models);
  return { bytes: bytes + (await forget(home, id)) };
}

/** Removes what is kept of a run that was cleaned away once. */
async function forget(home: Home, id: string): Promise<number> {
  let bytes = 0;
  for (const path of Object.values(archivedFiles(home, id))) {
    bytes += await bytesOf(path);
    await rm(path, { force: true });
  }
  return bytes;
}
