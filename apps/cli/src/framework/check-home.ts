import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { isErrno } from "@trainer/disk";
import { UsageError } from "../process/errors.js";

/**
 * Refuses what cannot be a home; one that is not there yet can be made.
 * @throws UsageError
 */
export async function checkHome(home: string): Promise<void> {
  try {
    if ((await stat(resolve(home))).isDirectory()) return;
  } catch (error) {
    if (!isErrno(error, "ENOTDIR")) return;
  }
  throw new UsageError(`--home ${home} is a file, or lies below one: name a folder; one that is not there yet is made`);
}
