import { open, rm, stat } from "node:fs/promises";
import { temporaryName } from "./write-whole.js";

/**
 * The time of the disk that holds a folder, in ms since 1970, as it dates its files: a network disk has a clock of its
 * own, and so have the other machines that write there.
 */
export async function diskTime(folder: string): Promise<number> {
  const path = temporaryName(`${folder}/.clock`);
  try {
    await (await open(path, "wx")).close();
    return (await stat(path)).mtimeMs;
  } finally {
    await rm(path, { force: true });
  }
}

/**
 * True if a time that the disk gave a file in `folder` lies so far back, by this machine's clock and by the disk's: where
 * one of them is off, what others write at this moment must not look abandoned.
 */
export async function isPast(timeMs: number, ageMs: number, folder: string): Promise<boolean> {
  return Date.now() - timeMs >= ageMs && (await diskTime(folder)) - timeMs >= ageMs;
}
