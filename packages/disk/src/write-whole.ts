import { randomUUID } from "node:crypto";
import { open, rename, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import { errnoOf } from "./errno.js";
import { syncFolder } from "./folder.js";
import { removeIfPossible } from "./remove-if-possible.js";

export interface WriteOptions {
  /** The new file's permissions; the process's usual ones if left out. */
  readonly mode?: number;
  /** Temporary path, on the same file system; beside `path` by default. */
  readonly temporary?: string;
}

/**
 * Writes a file atomically: under a temporary name, synced, renamed, and the existing folder synced. Returns the result
 * of `write`.
 */
export async function writeWhole<T>(
  path: string,
  write: (file: FileHandle) => Promise<T>,
  { mode, temporary = temporaryName(path) }: WriteOptions = {},
): Promise<T> {
  try {
    const result = await writeSynced(temporary, write, mode);
    await rename(temporary, path);
    await syncFolder(dirname(path));
    return result;
  } catch (error) {
    removeIfPossible(temporary);
    throw ofFile(error, temporary, path);
  }
}

/** An error of the temporary file as one of the file that was named; of a missing folder, as one of that. */
export function ofFile(error: unknown, temporary: string, path: string): unknown {
  if (!(error instanceof Error && "path" in error && error.path === temporary)) return error;
  const named = errnoOf(error) === "ENOENT" ? dirname(path) : path;
  const message = error.message.replaceAll(temporary, named);
  return Object.assign(new Error(message, { cause: error }), error, { path: named });
}

export const writeText = (path: string, text: string | Uint8Array, options?: WriteOptions): Promise<void> =>
  writeWhole(path, (file) => file.writeFile(text), options);

/** Writes a value as indented JSON. */
export const writeJson = (path: string, value: unknown, options?: WriteOptions): Promise<void> =>
  writeText(path, `${JSON.stringify(value, null, 2)}\n`, options);

/** Writes a new file and syncs it: for folders that are put in their place when they are whole. */
export async function writeSynced<T>(path: string, write: (file: FileHandle) => Promise<T>, mode?: number): Promise<T> {
  const file = await open(path, "wx", mode);
  try {
    const result = await write(file);
    await file.sync();
    return result;
  } finally {
    await file.close();
  }
}

/** A name beside `path` that no other writer has. */
export const temporaryName = (path: string): string => `${path}.${randomUUID()}.tmp`;

/** True for names made by `temporaryName`. */
export const isTemporary = (name: string): boolean => /\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/.test(name);
