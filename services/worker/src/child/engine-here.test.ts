import { Engine } from "@trainer/platform";
import { devices, libtorchVersion } from "@trainer/torch";
import { expect, test } from "vitest";
import { engineHere } from "./engine-here.js";

const cpu = { threads: 3, capability: "AVX512" };

test("what this machine computes with is told in a form that others take", () => {
  const engine = engineHere();
  expect(Engine.parse(engine)).toEqual(engine);
  expect(engine).toMatchObject({ libtorch: libtorchVersion(), kernels: devices().cpu.capability });
  expect(engine.gpus.length).toBe(devices().cuda.count);
});

test("GPUs are told with their memory, as far as the driver knows it", () => {
  const cuda = { count: 2, names: ["H200", "old"], bytes: [7], capabilities: [[9, 0]] as const, reason: null };
  const { gpus, no_gpu, threads } = engineHere({ cpu, cuda, mps: false });
  expect(gpus).toEqual([
    { name: "H200", memory_bytes: 7, capability: "9.0" },
    { name: "old", memory_bytes: null, capability: null },
  ]);
  expect([no_gpu, threads]).toEqual([null, 3]);
});

test("a long reason is cut, so that it does not end the process that tells it", () => {
  const cuda = { count: 0, names: [], bytes: [], capabilities: [], reason: "x".repeat(5000) };
  expect(Engine.parse(engineHere({ cpu, cuda, mps: false })).no_gpu).toHaveLength(2000);
});
