import { availableParallelism, cpus, type CpuInfo } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";

/** What may be asked for in the place of a number of threads. */
export type ThreadChoice = number | "auto";

/** Long enough to tell a program at work from one that was only just there. */
const LOOK_MS = 200;

/**
 * How many threads are meant: 0 is one a core, whatever else is at work, so that equal runs are equal; "auto" leaves out the
 * cores that other programs have at this moment. Threads that share a core with another program keep all others waiting.
 */
export async function threadsOf(choice: ThreadChoice): Promise<number> {
  const cores = availableParallelism();
  if (choice !== "auto") return choice === 0 ? cores : choice;
  const before = cpus();
  await sleep(LOOK_MS);
  return freeCores(before, cpus(), cores);
}

/** How many cores have been idle between two looks at them; at least one, and of those of a container no more than it has. */
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
