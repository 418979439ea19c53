import { availableParallelism, cpus, type CpuInfo } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";

/** Values of the threads option. */
export type ThreadChoice = number | "auto";

/** Long enough to tell a program at work from one that was only just there. */
const LOOK_MS = 200;

/**
 * Number of threads: 0 is one a core, whatever else is at work, so that equal runs are equal; "auto" leaves out the
 * cores that other programs use at this moment. Threads that share a core with another program keep all others waiting.
 */
export async function threadsOf(choice: ThreadChoice): Promise<number> {
  const cores = availableParallelism();
  if (choice !== "auto") return choice === 0 ? cores : choice;
  const before = cpus();
  await sleep(LOOK_MS);
  return freeCores(before, cpus(), cores);
}

/** True if other programs use some of the cores that threads on `device` are to run on. */
export const isMachineBusy = async (device: "cpu" | "cuda", threads: number): Promise<boolean> =>
  device === "cpu" && (await threadsOf("auto")) < threads;

/** Number of cores that were idle between two samples; at least one, and at most a container's. */
export function freeCores(before: readonly CpuInfo[], after: readonly CpuInfo[], most: number): number {
  const idle = after.map(({ times }, i) => {
    const { times: then = times } = before[i] ?? {};
    const all = sum(times) - sum(then);
    return all === 0 ? 1 : (times.idle - then.idle) / all; // a core that tells of no time has done nothing
  });
  const busy = Math.round(idle.reduce((total, part) => total + 1 - part, 0));
  return Math.max(1, Math.min(most, idle.length - busy));
}

const sum = ({ user, nice, sys, idle, irq }: CpuInfo["times"]): number => user + nice + sys + idle + irq;
