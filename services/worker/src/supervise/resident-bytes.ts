import { readFileSync } from "node:fs";

/** Resident memory of a process, by Linux's /proc; null of one that has gone, and on other systems. */
export function residentBytes(pid: number | undefined, proc = "/proc"): number | null {
  try {
    const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`${proc}/${pid}/status`, "utf8"))?.[1];
    return kilobytes === undefined ? null : Number(kilobytes) * 1024; // none of one that is not collected yet
  } catch {
    return null;
  }
}
