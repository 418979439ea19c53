import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { copyFile, link, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { syncFolder } from "../bins/place-folder.js";

/** Gives a checkpoint's file a second name elsewhere, in place of what was there: a link, or a copy where links end. */
export async function publish(from: string, to: string): Promise<void> {
  const tmp = `${to}.${randomUUID()}.tmp`;
  try {
    await link(from, tmp).catch(() => copyFile(from, tmp, constants.COPYFILE_FICLONE));
    await rename(tmp, to);
  } catch (error) {
    await rm(tmp, { force: true });
    throw error;
  }
  await syncFolder(dirname(to));
}
