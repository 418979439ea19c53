import { accessSync, constants, mkdtempSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Linux's file system in memory. */
export const MEMORY = "/dev/shm";

/** A new folder of a test, gone with all in it when it is disposed of. */
export interface Scratch extends AsyncDisposable {
  readonly path: string;
  /** The path of a file or folder in it. */
  join(...names: readonly string[]): string;
  /** Writes a file in it; its path. */
  write(name: string, content: string | Uint8Array): Promise<string>;
}

/** `await using home = await scratch();`: a folder for one test. */
export async function scratch(name = "test"): Promise<Scratch> {
  const path = await mkdtemp(join(parent(), `${name}-`));
  return {
    path,
    join: (...names) => join(path, ...names),
    async write(name, content) {
      await writeFile(join(path, name), content);
      return join(path, name);
    },
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}

/** A new folder that several tests share, in memory where there is such a place: much is synced, and disks may be busy. */
export const scratchPath = (name: string): string => mkdtempSync(join(parent(), `${name}-`));

const parent = () => process.env["SCRATCH"] ?? tmpdir();

export function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
