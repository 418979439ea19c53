import { readFile } from "node:fs/promises";
import { arch, availableParallelism, cpus, hostname, loadavg, platform, release } from "node:os";
import { resolve } from "node:path";
import { at, memoryBytes, unlessAbsent } from "@trainer/disk";
import { availableMemory, diskSpace, vectorInstructions, type SystemInfo } from "@trainer/platform";

interface Told {
  /** Linux's file on its processors, which others do not have. */
  readonly cpuinfo: string;
  readonly processors: readonly { readonly model: string }[];
}

/** The machine that this process runs on, as it is now. */
export async function machine({ cpuinfo = "/proc/cpuinfo", processors = cpus() }: Partial<Told> = {}): Promise<
  SystemInfo["machine"]
> {
  return {
    host: hostname(),
    system: `${platform()} ${release()}, ${arch()}`,
    processor: processors[0]?.model.trim() || null,
    threads: availableParallelism(),
    instructions: vectorInstructions((await unlessAbsent(readFile(cpuinfo, "utf8"))) ?? ""),
    load: at(loadavg(), 0),
    memory_bytes: memoryBytes(),
    memory_available_bytes: await availableMemory(),
  };
}

type Disk = SystemInfo["disks"][number];

/** The disks of these folders, each once, whatever it holds. */
export async function disks(folders: Readonly<Record<Disk["holds"][number], string>>): Promise<Disk[]> {
  const found = new Map<number, Disk>();
  for (const holds of ["runs", "texts"] as const) {
    const path = resolve(folders[holds]);
    const { device, totalBytes, freeBytes } = await diskSpace(path);
    const known = found.get(device);
    if (known === undefined)
      found.set(device, { path, holds: [holds], total_bytes: totalBytes, free_bytes: freeBytes });
    else known.holds.push(holds);
  }
  return [...found.values()];
}
