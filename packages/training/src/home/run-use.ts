import { randomUUID } from "node:crypto";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { isErrno } from "@trainer/disk";
import { TrainingError } from "../errors.js";
import { isHeld, removeStale, FileLock } from "./file-lock.js";
import { takeLock } from "./wait-for-lock.js";

/** Codes of a full or read-only disk. */
export const UNWRITABLE = ["ENOSPC", "EDQUOT", "EROFS", "EACCES", "EPERM"];

const PREFIX = ".in-use-";
const REMOVAL = ".removal.json";

/**
 * Marks a run's files as needed by this process, until it is disposed of: `lockForRemoval` then refuses. Where nothing can
 * be written, nothing is marked.
 *
 * @throws TrainingError RUN_NOT_FOUND for a run that is being removed at this moment
 */
export function markInUse(dir: string, runId: string): Disposable {
  let use: FileLock;
  try {
    for (const left of usesOf(dir)) removeStale(left); // of processes that were killed
    use = new FileLock(join(dir, `${PREFIX}${randomUUID()}.json`), runId);
  } catch (error) {
    if (isErrno(error, "ENOENT")) throw goes(runId);
    if (!isErrno(error, ...UNWRITABLE)) throw error;
    return { [Symbol.dispose]() {} };
  }
  // Each of the two writes first and looks then, so that one at least sees the other.
  if (!isHeld(join(dir, REMOVAL))) return use;
  use[Symbol.dispose]();
  throw goes(runId);
}

const goes = (runId: string) =>
  new TrainingError("RUN_NOT_FOUND", `run ${runId} is being removed at this moment`, { failureClass: "TRANSIENT" });

/** Keeps others from a run that is to be removed; null where a living process trains it, uses it or removes it already. */
export function lockForRemoval(dir: string): Disposable | null {
  const removal = takeLock(join(dir, REMOVAL));
  if (removal === null) return null;
  const training = takeLock(join(dir, "lock.json"));
  if (training !== null && !isInUse(dir)) {
    return {
      [Symbol.dispose]() {
        training[Symbol.dispose]();
        removal[Symbol.dispose]();
      },
    };
  }
  training?.[Symbol.dispose]();
  removal[Symbol.dispose]();
  return null;
}

/** True if a living process has marked the run's files as needed. */
export const isInUse = (dir: string): boolean => usesOf(dir).some((path) => isHeld(path));

const usesOf = (dir: string): string[] =>
  readdirSync(dir)
    .filter((name) => name.startsWith(PREFIX))
    .map((name) => join(dir, name));
