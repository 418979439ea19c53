import { link, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { copySynced, syncFolder, temporaryName } from "@trainer/disk";

/** Gives a checkpoint's file a second name elsewhere, in place of what was there: a link, or a copy where links end. */
export async function publish(from: string, to: string): Promise<void> {
  const tmp = temporaryName(to);
  try {
    await link(from, tmp).catch(() => copySynced(from, tmp));
    await rename(tmp, to);
  } catch (error) {
    await rm(tmp, { force: true });
    throw error;
  }
  await syncFolder(dirname(to));
}
