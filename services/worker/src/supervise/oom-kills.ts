import { readFileSync } from "node:fs";

/**
 * Number of processes that the kernel has killed for their memory, where it counts: one that we see killed may be among
 * them.
 */
export function oomKills(files: readonly string[] = ["/sys/fs/cgroup/memory.events", "/proc/vmstat"]): number {
  return files.reduce((sum, file) => sum + countIn(file), 0);
}

function countIn(file: string): number {
  try {
    return Number(/^oom_kill (\d+)$/m.exec(readFileSync(file, "utf8"))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
