import { access } from "node:fs/promises";
import type { Home } from "@trainer/training/files";

/** Keeps a request on the disk too; where the workers' disk is not here, or takes nothing, it is in Redis all the same. */
export async function whereHomeIs(home: Home, keep: () => Promise<void>): Promise<void> {
  try {
    await access(home.root);
    await keep();
  } catch {
    return;
  }
}
