import { createHash, randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { createIfFree, makeFolder } from "@trainer/disk";

const NAME = ".home-id";

/**
 * Id of a home, by which its workers share what one of them does for all: the same on every machine that has its files,
 * whatever its path there. It is made at first use; a home that takes no file is known by its place.
 */
export async function homeId(root: string): Promise<string> {
  const path = join(root, NAME);
  try {
    await makeFolder(root);
    createIfFree(path, randomUUID(), { flush: true });
    const id = (await readFile(path, "utf8")).trim();
    if (id !== "") return id;
  } catch {
    // a full disk, or one that may only be read
  }
  return createHash("sha256").update(`${hostname()}:${root}`).digest("hex");
}
