import { readFileSync } from "node:fs";

/** Of the times in /proc: what every Linux has. */
const TICKS_PER_SEC = 100;

/** How long a process has computed so far, with all its threads, in seconds; null where that cannot be seen. */
export function cpuSeconds(pid: number | undefined): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" "); // its name may hold anything
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SEC;
  } catch {
    return null;
  }
}
