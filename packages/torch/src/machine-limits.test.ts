import { expect, test } from "vitest";

import { devices, getRngState, machineLimits, memoryStats, TorchError } from "./index.js";
import { effortFor, largestFitting } from "./machine-limits.js";

test("a machine's limits are measured, and nothing is left of it", () => {
  const before = memoryStats().liveTensors;
  const { flopsPerSecond, bytesPerSecond } = machineLimits();
  // Between a slow core under a sanitizer and more than any CPU has.
  expect(flopsPerSecond).toBeGreaterThan(1e7);
  expect(flopsPerSecond).toBeLessThan(1e15);
  expect(bytesPerSecond).toBeGreaterThan(1e7);
  expect(bytesPerSecond).toBeLessThan(1e13);
  expect(memoryStats().liveTensors).toBe(before);
});

test("a GPU's are measured by larger products and copies, of which the median counts", () => {
  expect(effortFor("cuda", "bfloat16")).toMatchObject({ size: [8192, 1024], runs: 4 });
  expect(effortFor("cuda:1", "float32")).toMatchObject({ size: [4096, 1024], runs: 4 });
  const effort = effortFor("cuda", "bfloat16");
  expect(effort.pick([1, 2, 3, 4, 9, 9, 9])).toBe(4);
  const before = getRngState();
  const small = machineLimits("cpu", "bfloat16", { ...effort, size: [64, 64], bytes: [4096, 4096] });
  expect(small.flopsPerSecond).toBeGreaterThan(0);
  expect(small.bytesPerSecond).toBeGreaterThan(0);
  expect(getRngState()).toEqual(before);
});

test("where memory is short less is measured; other errors, and too little memory for the least, are thrown", () => {
  const tried: number[] = [];
  const fits = (room: number) => (size: number) => {
    tried.push(size);
    if (size > room) throw new TorchError("OUT_OF_MEMORY", "no memory");
    return size;
  };
  expect(largestFitting(1024, 16, fits(300))).toBe(256);
  expect(tried).toEqual([1024, 512, 256]);
  expect(() => largestFitting(64, 16, fits(8))).toThrow("no memory");
  const fail = (error: Error) => () => {
    throw error;
  };
  expect(() => largestFitting(64, 16, fail(new TorchError("SHAPE", "another")))).toThrow("another");
  expect(() => largestFitting(64, 16, fail(new RangeError("not libtorch's")))).toThrow("not libtorch's");
});

const { cuda } = devices();
if (cuda.count === 0) console.log(`not run here: the limits of a GPU (${cuda.reason})`);

test.skipIf(cuda.count === 0)("a GPU's limits are a GPU's, and measured in half a second", () => {
  const measure = () => machineLimits("cuda", "bfloat16");
  measure();
  const began = performance.now();
  const { flopsPerSecond, bytesPerSecond } = measure();
  expect(performance.now() - began).toBeLessThan(1000);
  expect(flopsPerSecond).toBeGreaterThan(1e13); // an old card in half precision
  expect(flopsPerSecond).toBeLessThan(1e16);
  expect(bytesPerSecond).toBeGreaterThan(1e11);
  expect(bytesPerSecond).toBeLessThan(1e14);
});
