import { addon, type Addon } from "./load.js";

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
  cuda: {
    count: number;
    names: readonly string[];
    bytes: readonly number[];
    /** Compute capabilities: bfloat16 and TF32 came with 8.0. 0, 0 where the driver does not say. */
    capabilities: readonly (readonly [major: number, minor: number])[];
    reason: string | null;
  };
  mps: boolean;
}

/** The devices to compute on; `cuda.reason` gives the reason if there is none. */
export function devices(): Devices {
  const [names, bytes, capabilities, reason] = addon.cudaDevices();
  return {
    cpu: { threads: addon.numThreads(), capability: addon.cpuCapability() },
    cuda: { count: names.length, names, bytes, capabilities, reason },
    mps: false,
  };
}

export interface MemoryStats {
  /** Tensors that JavaScript or a scope holds in this thread. */
  liveTensors: number;
  rssBytes: number;
  peakRssBytes: number;
  /** Memory of the first GPU, by its allocator's own counters; null before it is used. */
  cuda: CudaMemory | null;
}

export interface CudaMemory {
  /** Bytes of tensors. */
  readonly allocatedBytes: number;
  readonly peakAllocatedBytes: number;
  /** Taken from the driver: tensors, and what is kept for reuse. */
  readonly reservedBytes: number;
  readonly peakReservedBytes: number;
}

export function memoryStats(): MemoryStats {
  return {
    liveTensors: addon.liveTensors(),
    rssBytes: process.memoryUsage.rss(),
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
    cuda: cudaMemory(addon.cudaMemory()),
  };
}

/** The allocator's counters by their names. */
export function cudaMemory(counters: ReturnType<Addon["cudaMemory"]>): CudaMemory | null {
  if (counters === null) return null;
  const [allocatedBytes, peakAllocatedBytes, reservedBytes, peakReservedBytes] = counters;
  return { allocatedBytes, peakAllocatedBytes, reservedBytes, peakReservedBytes };
}

/** Resets a GPU's peaks to the present values. */
export function resetPeakMemory(): void {
  addon.resetCudaPeak();
}

/**
 * Sets whether float32 products on a GPU, those of matrices and cuDNN's, may use TF32, which keeps float32's range and
 * 10 bits of its mantissa; off at first. Returns the former setting.
 */
export function allowTf32(on: boolean): boolean {
  return addon.allowTf32(on);
}

/** True if this processor multiplies in bfloat16 faster than in float32: it has AMX, or AVX512_BF16 that measures so. */
export const hasFastBf16 = (): boolean => addon.fastestBf16() !== "";

/**
 * Sets whether float32 products on the CPU are computed in bfloat16: their elements are rounded to it, and summed in
 * float32. That is for training, a backward pass included; it does not hold for products of 64 rows or fewer, nor within
 * attention, and it does nothing where `hasFastBf16()` is false. Returns the former setting.
 */
export function allowBf16Products(on: boolean): boolean {
  return addon.bf16Products(on ? addon.fastestBf16() : "") !== "";
}

/**
 * Has this thread's float32 products on the CPU measured from here on: the first one of a shape is computed by oneDNN and
 * by MKL, some times each, and that shape is left to the faster one. `known` is what was measured before; null: nothing
 * is measured any more, and oneDNN multiplies where it can, as at first.
 * @throws TorchError ARGUMENT for what `measuredProducts` never gave
 */
export function measureProducts(known: readonly string[] | null): void {
  addon.measureProducts(known);
}

/**
 * The library of each shape, as measured: "nt 1024 256 768 mkl" for a (1024, 256) as it is by a transposed (256, 768).
 * Null where nothing is measured.
 */
export const measuredProducts = (): readonly string[] | null => addon.measuredProducts();

/**
 * Sets whether operators on a GPU are restricted to algorithms that repeat to the bit; one that has none throws.
 * Returns the former setting.
 */
export function setDeterministic(on: boolean): boolean {
  return addon.setDeterministic(on);
}

/** Gives the pages of freed memory back to the operating system, where the C library can; else they are kept for reuse. */
export function releaseMemory(): void {
  addon.releaseMemory();
}

export function libtorchVersion(): string {
  return addon.libtorchVersion();
}
