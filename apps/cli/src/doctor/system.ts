import { readFile } from "node:fs/promises";
import { arch, availableParallelism, cpus, freemem, platform, release } from "node:os";
import { memoryBytes } from "@trainer/disk";
import { diskSpace, vectorInstructions } from "@trainer/platform";
import { whyNotWritable } from "@trainer/training/files";
import { formatBytes } from "../display/quantity.js";
import { ok, type Check } from "./check.js";

const GIB = 1024 ** 3;

export async function systemChecks(home: string): Promise<Check[]> {
  return [
    ok("System", `${platform()} ${release()}, ${arch()}`),
    ok("Node", process.version),
    ok("Processor", `${cpus().at(0)?.model}, ${availableParallelism()} threads`),
    cpuFeatures(await readText("/proc/cpuinfo")),
    memory(freemem(), memoryBytes()),
    await disk(home),
  ];
}

/** Content of a file; empty if there is none. */
export const readText = (path: string): Promise<string> => readFile(path, "utf8").catch(() => "");

/** The vector instructions that Linux lists, which decide how quick the arithmetic is. */
export function cpuFeatures(cpuinfo: string): Check {
  const found = vectorInstructions(cpuinfo);
  return ok("Vector instructions", found.length > 0 ? found.join(", ") : "not listed by this system");
}

export function memory(free: number, total: number): Check {
  const value = `${formatBytes(Math.min(free, total))} free of ${formatBytes(total)}`;
  if (free >= GIB) return ok("Memory", value);
  const fix = "Training GPT-2 small needs about 3 GiB. Close other programs, or train a smaller --size.";
  return { name: "Memory", status: "missing", value, fix };
}

/** The space for runs: of the folder, or of the nearest one above it that exists. */
export async function disk(home: string): Promise<Check> {
  const why = await whyNotWritable(home);
  if (why !== null) {
    const fix = "Choose a folder that you may write in with --home DIR, or change its permissions.";
    return { name: "Disk", status: "failed", value: `${home} cannot be written (${why})`, fix };
  }
  return space(home, (await diskSpace(home)).freeBytes);
}

export function space(home: string, free: number): Check {
  const value = `${formatBytes(free)} free for ${home}`;
  if (free >= GIB) return ok("Disk", value);
  const fix = "A checkpoint of GPT-2 small takes 1.5 GB. Free some space, or choose another disk with --home DIR.";
  return { name: "Disk", status: "missing", value, fix };
}
