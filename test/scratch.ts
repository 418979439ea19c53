import { accessSync, constants, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Where Linux keeps files in memory. */
export const MEMORY = "/dev/shm";

/** A new folder for a test, in memory where there is such a place: much is synced, and disks may be busy. */
export const scratch = (name: string): string => mkdtempSync(join(process.env["SCRATCH"] ?? tmpdir(), `${name}-`));

export function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
