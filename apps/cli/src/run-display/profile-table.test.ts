import { expect, test } from "vitest";
import { profileTable } from "./profile-table.js";

const limits = { flopsPerSecond: 100e9, bytesPerSecond: 10e9 };
const operator = { name: "", shape: "", calls: 1, ms: 0, flops: 0, bytes: 0, deviceMs: 0, kernels: 0 };
const onCpu = { device: null, unseen: null, limits };

test("a profile is a table: products as one, gradients by their operator, and what the machine would allow", () => {
  const operators = [
    { ...operator, name: "trainer::product", shape: "4 x 5 x 6", calls: 3, ms: 30, flops: 1.5e9, bytes: 1e6 },
    { ...operator, name: "trainer::adamw_", calls: 1, ms: 25, flops: 0, bytes: 200e6 },
    { ...operator, name: "trainer::product", shape: "7 x 8 x 9", calls: 1, ms: 10, flops: 0.5e9, bytes: 1e6 },
    { ...operator, name: "torch::autograd::CppNode<trainer::(anonymous namespace)::GeluMlp>", ms: 5 },
    { ...operator, name: "aten::empty", ms: 0 },
  ];
  const lines = profileTable({ steps: 1200, stepMs: 80, dataMs: 0.4, operators, ...onCpu }).split("\n");
  expect(lines).toEqual([
    "profile    1,200 steps of 80.0 ms: 87.5 % in operators, 0.5 % in making batches",
    "machine    100 GFLOP/s in matrix products and 10 GB/s with memory at most; all operators together reach 50.0 % of that",
    "  operator            calls     ms  of step  GFLOP/s  GB/s  of roofline",
    "  matrix products         4  40.00   50.0 %       50   0.1       50.0 %",
    "  trainer::adamw_         1  25.00   31.3 %            8.0       80.0 %",
    "  GeluMlp (gradient)      1   5.00    6.3 %",
    "  aten::empty             1   0.00    0.0 %",
  ]);
});

test("the least of many operators are summed", () => {
  const operators = Array.from({ length: 20 }, (_, i) => ({
    ...operator,
    name: `aten::op${i}`,
    ms: 20 - i,
    bytes: 1e6,
  }));
  const lines = profileTable({ steps: 1, stepMs: 300, dataMs: 0, operators, ...onCpu }).split("\n");
  expect(lines).toHaveLength(2 + 1 + 16 + 1);
  expect(lines.at(-1)).toBe("  other operators      4  10.00    3.3 %            0.4        4.0 %");
});

test("on a GPU times and rooflines are the GPU's, and its kernels have a table of their own", () => {
  const operators = [
    { ...operator, name: "aten::view", calls: 4, ms: 9 },
    { ...operator, name: "aten::linear", ms: 1, bytes: 5e6 }, // all its work is that of operators within
    { ...operator, name: "aten::mm", shape: "4 x 5 x 6", ms: 1, flops: 40e12, deviceMs: 50, kernels: 1 },
    { ...operator, name: "aten::mm", shape: "7 x 8 x 9", ms: 1, flops: 20e12, deviceMs: 50, kernels: 2 },
    { ...operator, name: "aten::add", ms: 2, bytes: 40e9, deviceMs: 20, kernels: 1 },
  ];
  const kernels = [
    { name: "void at::native::f<at::native::G<float> >(int)", count: 3, ms: 110 },
    { name: "Memset (Device)", count: 1, ms: 10 },
  ];
  const device = { busyMs: 120, launches: 1234, launchMs: 5.5, syncMs: 3.25, kernels };
  const gpu = { device, unseen: null, limits: { flopsPerSecond: 800e12, bytesPerSecond: 4e12 } };
  const lines = profileTable({ steps: 5, stepMs: 200, dataMs: 1, operators, ...gpu }).split("\n");
  expect(lines).toEqual([
    "profile    5 steps of 200.0 ms: the GPU is busy for 120.0 ms of it (60.0 %), 0.5 % in making batches",
    "launches   1,234 in 5.5 ms; 3.3 ms in waiting for the GPU",
    "machine    800 TFLOP/s in matrix products and 4000 GB/s with memory at most; all operators together reach 42.5 % of that",
    "  operator      calls  kernels  CPU ms  GPU ms  of step  TFLOP/s    GB/s  of roofline",
    "  aten::mm          2        3    2.00  100.00   50.0 %      600               75.0 %",
    "  aten::add         1        1    2.00   20.00   10.0 %           2000.0       50.0 %",
    "  aten::view        4        0    9.00    0.00    0.0 %",
    "  aten::linear      1        0    1.00    0.00    0.0 %",
    "  kernel           count  GPU ms  of busy",
    "  f<G<float>>          3  110.00   91.7 %",
    "  Memset (Device)      1   10.00    8.3 %",
  ]);
});

test("where a GPU's times could not be seen there are those of handing it work, and nothing is said of its limits", () => {
  const operators = [{ ...operator, name: "aten::mm", ms: 20, flops: 1e9, bytes: 1e6 }];
  const unseen = { device: null, unseen: "CUPTI is missing", limits: null };
  expect(profileTable({ steps: 1, stepMs: 40, dataMs: 0, operators, ...unseen }).split("\n")).toEqual([
    "profile    1 steps of 40.0 ms: 50.0 % in operators, 0.0 % in making batches",
    "GPU        its times are not known (CUPTI is missing); these are of handing it work",
    "  operator  calls     ms  of step  GFLOP/s  GB/s  of roofline",
    "  aten::mm      1  20.00   50.0 %",
  ]);
});
