import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MEMORY, isWritable } from "./scratch.js";

/**
 * Temporary folders of the tests and of their processes are inside folders of this suite, which are removed with it,
 * whatever was killed.
 */
export default function setup(): () => void {
  const onDisk = mkdtempSync(join(tmpdir(), "tests-"));
  const inMemory = isWritable(MEMORY) ? mkdtempSync(join(MEMORY, "tests-")) : onDisk;
  process.env["TMPDIR"] = onDisk;
  process.env["SCRATCH"] = inMemory;
  return () => {
    for (const folder of [onDisk, inMemory]) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
}
