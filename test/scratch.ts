import { accessSync, constants, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A new folder for a test, in memory where there is such a place: much is synced, and disks may be busy. */
export function scratch(name: string): string {
  return mkdtempSync(join(inMemory("/dev/shm") ? "/dev/shm" : tmpdir(), `${name}-`));
}

function inMemory(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
