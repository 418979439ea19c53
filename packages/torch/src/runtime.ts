import { addon } from "./load.js";

/** Threads that one operator spreads over (OpenMP). */
export function numThreads(): number {
  return addon.numThreads();
}

export function setNumThreads(n: number): void {
  addon.setNumThreads(n);
}

/** Threads that run operators beside each other; only before the first is started. */
export function setNumInteropThreads(n: number): void {
  addon.setNumInteropThreads(n);
}

export interface Devices {
  cpu: { threads: number; capability: string };
  cuda: { count: number; names: readonly string[]; bytes: readonly number[]; reason: string | null };
  mps: boolean;
}

/** What there is to compute on; `cuda.reason` says why there is none. */
export function devices(): Devices {
  const [names, bytes, reason] = addon.cudaDevices();
  return {
    cpu: { threads: addon.numThreads(), capability: addon.cpuCapability() },
    cuda: { count: names.length, names, bytes, reason },
    mps: false,
  };
}

export interface MemoryStats {
  /** Tensors that JavaScript or a scope holds in this thread. */
  liveTensors: number;
  rssBytes: number;
  peakRssBytes: number;
}

export function memoryStats(): MemoryStats {
  return {
    liveTensors: addon.liveTensors(),
    rssBytes: process.memoryUsage.rss(),
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
  };
}

/** Gives the pages of freed memory back to the operating system, where the C library can; else they are kept for reuse. */
export function releaseMemory(): void {
  addon.releaseMemory();
}

export function libtorchVersion(): string {
  return addon.libtorchVersion();
}
