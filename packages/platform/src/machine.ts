import { stat, statfs } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { memoryBytes } from "@trainer/disk";

/** Vector instructions that decide how quick the arithmetic is. */
const KNOWN = ["avx2", "fma", "avx512f", "avx512_bf16", "amx_bf16", "asimd", "sve", "bf16"];

/** Those of them that Linux lists in /proc/cpuinfo; none of another system. */
export function vectorInstructions(cpuinfo: string): string[] {
  const flags = new Set(/^(?:flags|Features)\s*:\s*(.*)$/m.exec(cpuinfo)?.[1]?.split(" "));
  return KNOWN.filter((flag) => flags.has(flag));
}

/** Bytes that this process, and those beside it in its control group, can have now. */
export const availableMemory = (available = process.availableMemory(), most = memoryBytes()): number =>
  Math.min(available, most);

export interface DiskSpace {
  /** Number of the disk: two folders with the same one share it. */
  readonly device: number;
  readonly totalBytes: number;
  /** For whoever runs this: what is kept for the system's own user is not free. */
  readonly freeBytes: number;
}

/** The disk of a folder, or of the nearest one above it that exists. */
export async function diskSpace(path: string): Promise<DiskSpace> {
  let folder = resolve(path);
  for (;;) {
    try {
      const [{ dev: device }, { blocks, bavail, bsize }] = await Promise.all([stat(folder), statfs(folder)]);
      return { device, totalBytes: blocks * bsize, freeBytes: bavail * bsize };
    } catch (error) {
      const above = dirname(folder);
      if (above === folder) throw error;
      folder = above;
    }
  }
}
