import { readdir, stat } from "node:fs/promises";
import type { Dirent } from "node:fs";
import { isErrno, unlessAbsent } from "./errno.js";

/** True if `path` is a file; follows links. @throws other errors of the file system */
export const isFile = async (path: string): Promise<boolean> => (await unlessAbsent(stat(path)))?.isFile() ?? false;

/** True if `path` is a folder; follows links. @throws other errors of the file system */
export const isFolder = async (path: string): Promise<boolean> =>
  (await unlessAbsent(stat(path)))?.isDirectory() ?? false;

/** Entries of a folder; none if it does not exist. @throws ENOTDIR for a file, and other errors of the file system */
export const entriesIn = async (folder: string): Promise<Dirent[]> =>
  (await unlessMissing(readdir(folder, { withFileTypes: true }))) ?? [];

/** The names in a folder; as {@link entriesIn}. */
export const namesIn = async (folder: string): Promise<string[]> => (await unlessMissing(readdir(folder))) ?? [];

const unlessMissing = <T>(work: Promise<T>): Promise<T | null> =>
  work.catch((error: unknown) => {
    if (isErrno(error, "ENOENT")) return null;
    throw error;
  });
