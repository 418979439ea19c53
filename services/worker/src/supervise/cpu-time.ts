import { readFileSync } from "node:fs";

/** Unit of the times in /proc: on every Linux. */
const TICKS_PER_SEC = 100;

/** Processor time of a process, with all its threads. */
export class CpuTime {
  readonly #pid: number | undefined;
  #before = 0;

  constructor(pid: number | undefined) {
    this.#pid = pid;
  }

  /** True if it has computed for more than so many seconds since the last call; also where that cannot be measured. */
  exceeds(seconds: number): boolean {
    const now = cpuSeconds(this.#pid);
    if (now === null) return true;
    const before = this.#before;
    this.#before = now;
    return now - before > seconds;
  }
}

function cpuSeconds(pid: number | undefined): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" "); // its name may hold anything
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SEC;
  } catch {
    return null;
  }
}
