import { expect, test } from "vitest";
import { meanProfile, type Costs } from "./mean-profile.js";

const operator = { name: "aten::mm", shape: "", calls: 2, ms: 4, flops: 10, bytes: 20, deviceMs: 0, kernels: 0 };
const onCpu: Costs = { ms: 10, operators: [operator], device: null, unseen: null };
const device = { busyMs: 6, launches: 4, launchMs: 1, syncMs: 2, kernels: [{ name: "k", count: 2, ms: 6 }] };
const onGpu: Costs = { ...onCpu, operators: [{ ...operator, deviceMs: 6, kernels: 2 }], device };

test("costs of several steps are averaged, an operator's by name and shape, the dearest first", () => {
  const more = [
    { ...operator, ms: 6 },
    { ...operator, shape: "2 x 3 x 4", ms: 20 },
  ];
  const { ms, operators, device, unseen } = meanProfile([onCpu, { ...onCpu, ms: 30, operators: more }]);
  expect({ ms, device, unseen }).toEqual({ ms: 20, device: null, unseen: null });
  expect(operators).toEqual([
    { ...operator, shape: "2 x 3 x 4", calls: 1, ms: 10, flops: 5, bytes: 10 },
    { ...operator, ms: 5 },
  ]);
});

test("a GPU's times are averaged too, and set the order", () => {
  const kernels = [
    { name: "l", count: 1, ms: 100 },
    { name: "k", count: 4, ms: 12 },
  ];
  const slow = { ...operator, name: "aten::view", ms: 50 };
  const second: Costs = {
    ...onGpu,
    operators: [slow, ...onGpu.operators],
    device: { busyMs: 112, launches: 8, launchMs: 3, syncMs: 0, kernels },
  };
  const mean = meanProfile([onGpu, second]);
  expect(mean.operators.map(({ name, deviceMs, kernels }) => [name, deviceMs, kernels])).toEqual([
    ["aten::mm", 6, 2],
    ["aten::view", 0, 0],
  ]);
  expect(mean.device).toEqual({
    busyMs: 59,
    launches: 6,
    launchMs: 2,
    syncMs: 1,
    kernels: [
      { name: "l", count: 0.5, ms: 50 },
      { name: "k", count: 3, ms: 9 },
    ],
  });
});

test("a GPU that was not seen in one of the steps was not seen", () => {
  const mean = meanProfile([onGpu, { ...onCpu, unseen: "no CUPTI" }]);
  expect(mean).toMatchObject({ device: null, unseen: "no CUPTI" });
});
