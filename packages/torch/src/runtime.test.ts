import { afterAll, expect, test } from "vitest";

import {
  allowTf32,
  autocast,
  devices,
  libtorchVersion,
  memoryStats,
  numThreads,
  ones,
  resetPeakMemory,
  setDeterministic,
  setNumInteropThreads,
  setNumThreads,
} from "./index.js";
import { cudaMemory } from "./runtime.js";

const before = numThreads();
afterAll(() => setNumThreads(before));

test("threads are set and read", () => {
  setNumThreads(1);
  expect(numThreads()).toBe(1);
  setNumThreads(2);
  expect(numThreads()).toBe(2);
  expect(() => setNumThreads(0)).toThrow(/number of threads from 1/);
  expect(() => setNumThreads(1e9)).toThrow(/number of threads from 1/);
  setNumInteropThreads(1);
  expect(() => setNumInteropThreads(0)).toThrow(/number of threads/);
});

test("devices says what there is, and why not", () => {
  const { cpu, cuda, mps } = devices();
  expect(cpu.threads).toBe(numThreads());
  expect(cpu.capability).toMatch(/^(DEFAULT|AVX2|AVX512|NEON)/);
  expect(cuda.count > 0 ? cuda.reason : typeof cuda.reason).toBe(cuda.count > 0 ? null : "string");
  expect(cuda.capabilities).toHaveLength(cuda.count);
  expect(mps).toBe(false);
});

test("a cuda device that is not there is refused with the reason", () => {
  const { count } = devices().cuda;
  expect(() => ones([1], { device: `cuda:${count}` })).toThrow(/there is no cuda/);
  expect(() => ones([1], { device: "cuda:-1" as const })).toThrow(/expected a device/);
});

test("memory and version are told", () => {
  const { liveTensors, rssBytes, peakRssBytes } = memoryStats();
  expect(liveTensors).toBeGreaterThanOrEqual(0);
  expect(peakRssBytes).toBeGreaterThanOrEqual(rssBytes / 2);
  expect(libtorchVersion()).toMatch(/^2\./);
});

test("an allocator's counters have names, and there are none before a GPU is used", () => {
  resetPeakMemory();
  expect(devices().cuda.count === 0 ? memoryStats().cuda : null).toBeNull();
  expect(cudaMemory([1, 2, 3, 4])).toEqual({
    allocatedBytes: 1,
    peakAllocatedBytes: 2,
    reservedBytes: 3,
    peakReservedBytes: 4,
  });
});

test("TF32 and determinism are switched, and each switch returns what it was", () => {
  for (const set of [allowTf32, setDeterministic]) {
    expect([set(true), set(true), set(false), set(false)]).toEqual([false, true, true, false]);
  }
});

test("autocast computes products in a half type, nests, and ends also after an error", () => {
  const product = () => ones([2, 2]).mm(ones([2, 2])).dtype;
  const options = { device: "cpu", dtype: "bfloat16" } as const;
  expect(autocast(options, product)).toBe("bfloat16");
  expect(autocast(options, () => autocast({ ...options, enabled: false }, product))).toBe("float32");
  expect(autocast(options, () => autocast({ ...options, dtype: "float16" }, product))).toBe("float16");
  expect(() => autocast(options, () => ones([2]).mm(ones([2])))).toThrow(/must be a matrix/);
  expect(product()).toBe("float32");
  expect(() => autocast({ device: "meta", dtype: "bfloat16" }, product)).toThrow(/cpu and cuda/);
  expect((): unknown => Reflect.apply(autocast, undefined, [{ device: "cpu", dtype: "int64" }, product])).toThrow(
    /bfloat16 or float16/,
  );
});
