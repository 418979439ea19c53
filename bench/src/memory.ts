import { readFileSync } from "node:fs";

/** Memory of this process as the Linux kernel counts it, in bytes. */
function status(field: string): number {
  const found = new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(readFileSync("/proc/self/status", "utf8"));
  if (found?.[1] === undefined) throw new Error(`/proc/self/status has no ${field}; peak memory is measured on Linux`);
  return Number(found[1]) * 1024;
}

export const peakBytes = (): number => status("VmHWM");
export const residentBytes = (): number => status("VmRSS");
