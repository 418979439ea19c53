import { randomUUID } from "node:crypto";
import { mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname, join } from "node:path";

/** A folder to write in, beside where it is to be. Its name says who writes, so that what a dead process left is known. */
export async function folderBeside(parent: string): Promise<string> {
  await mkdir(parent, { recursive: true });
  await removeLeftovers(parent);
  const path = join(parent, `.tmp-${process.pid}-${randomUUID()}-${hostname()}`);
  await mkdir(path);
  return path;
}

const TEMPORARY = /^\.tmp-(\d+)-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}-(.*)$/;

async function removeLeftovers(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const [, pid, host] = TEMPORARY.exec(name) ?? [];
    if (host === hostname() && !isAlive(Number(pid))) await rm(join(parent, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM"; // there, but another user's
  }
}

/**
 * Moves a finished folder to its place, all at once. Where another process was quicker and left a folder that `isValid`,
 * that one stays and ours goes; one that is not valid gives way.
 */
export async function placeFolder(from: string, to: string, isValid: () => Promise<boolean>): Promise<void> {
  await syncFolder(from);
  while (!(await renameIfFree(from, to))) {
    if (await isValid()) {
      await rm(from, { recursive: true });
      return;
    }
    const aside = `${from}-replaced`;
    await rename(to, aside);
    await rm(aside, { recursive: true });
  }
  await syncFolder(dirname(to));
}

async function renameIfFree(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOTEMPTY" || error.code === "EEXIST"))
      return false;
    throw error;
  }
}

/** A name is on the disk when its folder is. */
export async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, "r");
  await folder.sync();
}
