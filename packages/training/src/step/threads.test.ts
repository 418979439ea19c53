import { availableParallelism, type CpuInfo } from "node:os";
import { expect, test } from "vitest";
import { freeCores, threadsOf } from "./threads.js";

/** Cores that have been at work and idle for so long. */
const cores = (...times: readonly (readonly [user: number, idle: number])[]): CpuInfo[] =>
  times.map(([user, idle]) => ({ model: "", speed: 0, times: { user, nice: 0, sys: 0, idle, irq: 0 } }));

test("cores that other programs have are left to them", () => {
  const before = cores([5, 100], [5, 100], [5, 100], [5, 100]);
  expect(freeCores(before, cores([5, 120], [5, 120], [5, 120], [5, 120]), 4)).toBe(4);
  expect(freeCores(before, cores([25, 100], [5, 120], [5, 120], [5, 120]), 4)).toBe(3);
  expect(freeCores(before, cores([15, 110], [15, 110], [5, 120], [5, 120]), 4)).toBe(3); // it goes from core to core
  expect(freeCores(before, cores([8, 117], [6, 119], [5, 120], [5, 120]), 4)).toBe(4); // hardly anything
  expect(freeCores(before, cores([25, 100], [25, 100], [25, 100], [25, 100]), 4)).toBe(1);
});

test("a container has no more than it may use, and a core that appears meanwhile or tells nothing is free", () => {
  const idle = cores([0, 20], [0, 20], [0, 20], [0, 20]);
  expect(freeCores(cores([0, 0], [0, 0], [0, 0], [0, 0]), idle, 2)).toBe(2);
  expect(freeCores(cores([0, 0]), idle, 4)).toBe(4);
  expect(freeCores(idle, idle, 4)).toBe(4);
});

test("a number is that number, 0 one a core, and auto some of them", async () => {
  expect(await threadsOf(3)).toBe(3);
  expect(await threadsOf(0)).toBe(availableParallelism());
  const auto = await threadsOf("auto");
  expect(auto).toBeGreaterThanOrEqual(1);
  expect(auto).toBeLessThanOrEqual(availableParallelism());
});
