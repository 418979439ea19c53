import { expect, test } from "vitest";

import { machineLimits, memoryStats } from "./index.js";

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
