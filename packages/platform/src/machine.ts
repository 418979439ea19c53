import { readFile, stat, statfs } from "node:fs/promises";
import { totalmem } from "node:os";
import { dirname, join, resolve } from "node:path";
import { memoryBytes } from "@trainer/disk";

/** Vector instructions that decide how quick the arithmetic is. */
const KNOWN = ["avx2", "fma", "avx512f", "avx512_bf16", "amx_bf16", "asimd", "sve", "bf16"];

/** Those of them that Linux lists in /proc/cpuinfo; none of another system. */
export function vectorInstructions(cpuinfo: string): string[] {
  const flags = new Set(/^(?:flags|Features)\s*:\s*(.*)$/m.exec(cpuinfo)?.[1]?.split(" "));
  return KNOWN.filter((flag) => flags.has(flag));
}

export interface MemoryFacts {
  readonly available: number;
  /** All there is of the machine, and all that this process may ever have. */
  readonly total: number;
  readonly most: number;
  /** Linux's folder of control groups, and the file that names this process's. */
  readonly groups: string;
  readonly own: string;
}

/**
 * Bytes that this process, and those beside it in its control group, can have now. Of a group with a limit Node.js counts
 * the cache of files as taken, although the kernel gives it up when memory is wanted: here what was not read of late is free.
 */
export async function availableMemory({
  available = process.availableMemory(),
  total = totalmem(),
  most = memoryBytes(),
  groups = "/sys/fs/cgroup",
  own = "/proc/self/cgroup",
}: Partial<MemoryFacts> = {}): Promise<number> {
  const idle = most < total ? await idleCache(groups, own) : 0;
  return Math.min(available + idle, most);
}

/** Bytes of files that a control group of version 2 holds and has not read of late; 0 where that is not known. */
async function idleCache(groups: string, own: string): Promise<number> {
  try {
    const path = /^0::(.*)$/m.exec(await readFile(own, "utf8"))?.[1] ?? "";
    const stat = await readFile(join(groups, path, "memory.stat"), "utf8");
    return Number(/^inactive_file (\d+)$/m.exec(stat)?.[1] ?? 0);
  } catch {
    return 0;
  }
}

export interface DiskSpace {
  /** Number of the disk: two folders with the same one share it. */
  readonly device: number;
  readonly totalBytes: number;
  /** For whoever runs this: what is kept for the system's own user is not free. */
  readonly freeBytes: number;
}

/** The disk of a folder, or of the nearest one above it that exists; `look` says what is there. */
export async function diskSpace(path: string, look = diskOf): Promise<DiskSpace> {
  let folder = resolve(path);
  for (;;) {
    try {
      return await look(folder);
    } catch (error) {
      const above = dirname(folder);
      if (above === folder) throw error;
      folder = above;
    }
  }
}

async function diskOf(folder: string): Promise<DiskSpace> {
  const [{ dev: device }, { blocks, bavail, bsize }] = await Promise.all([stat(folder), statfs(folder)]);
  return { device, totalBytes: blocks * bsize, freeBytes: bavail * bsize };
}
