import { readdir } from "node:fs/promises";
import { unlessAbsent } from "@trainer/disk";

/** True if there may be token bins of any corpus in the folder of all bins. */
export async function hasBins(cacheDir: string): Promise<boolean> {
  const names = await unlessAbsent(readdir(cacheDir));
  return names?.some((name) => !name.startsWith(".")) === true;
}
