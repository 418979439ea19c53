import { expect, test } from "vitest";
import { memoryPeak } from "./memory-peak.js";

const cuda = { allocatedBytes: 1, peakAllocatedBytes: 50, reservedBytes: 60, peakReservedBytes: 70 };

test("a run's peak is that of the session that took most", () => {
  const peak = (before: number | null) => memoryPeak({ device: "cuda", gpu_peak_bytes: before }, { cuda });
  expect([peak(null), peak(40), peak(90)]).toEqual([50, 50, 90].map((bytes) => ({ gpu_peak_bytes: bytes })));
});

test("a run on a CPU has none, whatever else its process does", () => {
  expect(memoryPeak({ device: "cpu", gpu_peak_bytes: null }, { cuda })).toEqual({ gpu_peak_bytes: null });
  expect(memoryPeak({ device: "cuda", gpu_peak_bytes: null }, { cuda: null })).toEqual({ gpu_peak_bytes: null });
});
