import { rmSync } from "node:fs";

/** Removes a temporary file. Never throws: a leftover is like any other; an error would hide what came of the file before. */
export function removeIfPossible(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {}
}
