import { memoryStats, type MemoryStats } from "@trainer/torch";
import type { RunManifest } from "../home/manifest.js";

/** The most that a run's tensors took on its GPU, in this session or one before. */
export function memoryPeak(
  { device, gpu_peak_bytes: before }: Pick<RunManifest, "device" | "gpu_peak_bytes">,
  { cuda }: Pick<MemoryStats, "cuda"> = memoryStats(),
): Pick<RunManifest, "gpu_peak_bytes"> {
  if (device === "cpu" || cuda === null) return { gpu_peak_bytes: before };
  return { gpu_peak_bytes: Math.max(before ?? 0, cuda.peakAllocatedBytes) };
}
