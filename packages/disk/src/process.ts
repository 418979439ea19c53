import { execFileSync } from "node:child_process";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/** A process, distinguished from every other: ids are reused, after a restart and on other machines. */
export interface ProcessName {
  readonly pid: number;
  /** Start time, in the system's own terms. */
  readonly started: string;
  readonly host: string;
  /** The system's own start that it belongs to; empty where that has no name. */
  readonly boot: string;
  /** The space that its id counts in, of a container for instance; empty where the system has no such thing. */
  readonly space: string;
}

/** This process. */
export const thisProcess = (): ProcessName => ({
  pid: process.pid,
  started: String(startOf(process.pid)),
  host: hostname(),
  boot: bootId(),
  space: namespace(),
});

/** True if a process lives; null for one of another host or container, which cannot be seen from here. */
export function isAlive({ pid, started, host, boot, space }: ProcessName): boolean | null {
  if (host !== hostname()) return null;
  if (boot !== bootId()) return false;
  return space === namespace() ? String(startOf(pid)) === started : null;
}

/** Start time of a process; null if there is none of that id, or one that has ended. */
export function startOf(pid: number): string | null {
  const stat = textOf(() => readFileSync(`/proc/${pid}/stat`, "utf8"));
  if (stat === "")
    return (
      textOf(() => execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8", stdio: "pipe" })) ||
      null
    );
  // From the third field on; the second, the command in parentheses, may itself hold spaces and parentheses.
  const [state, ...fields] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  if (state === "Z" || state === "X") return null; // killed, and only not yet collected by its parent
  return fields.slice(18, 19).join("");
}

const bootId = () => textOf(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8"));

/** The space in which this process's id counts, a container's own; empty where the system has no such thing. */
export const namespace = () => textOf(() => readlinkSync("/proc/self/ns/pid")).replace(/\D/g, "");

/** The trimmed text; empty where the system has no such thing. */
function textOf(read: () => string): string {
  try {
    return read().trim();
  } catch {
    return "";
  }
}
