import { readdir, stat } from "node:fs/promises";
import type { Dirent } from "node:fs";
import { isErrno, unlessAbsent } from "./errno.js";

/** Whether there is a file at `path`, links followed. @throws what keeps it from being looked at */
export const isFile = async (path: string): Promise<boolean> => (await unlessAbsent(stat(path)))?.isFile() ?? false;

/** Whether there is a folder at `path`, links followed. @throws what keeps it from being looked at */
export const isFolder = async (path: string): Promise<boolean> =>
  (await unlessAbsent(stat(path)))?.isDirectory() ?? false;

/** What is in a folder; nothing where it is not there. @throws ENOTDIR for a file, and what keeps it from being read */
export const entriesIn = async (folder: string): Promise<Dirent[]> =>
  (await unlessMissing(readdir(folder, { withFileTypes: true }))) ?? [];

/** The names in a folder; as {@link entriesIn}. */
export const namesIn = async (folder: string): Promise<string[]> => (await unlessMissing(readdir(folder))) ?? [];

const unlessMissing = <T>(work: Promise<T>): Promise<T | null> =>
  work.catch((error: unknown) => {
    if (isErrno(error, "ENOENT")) return null;
    throw error;
  });
