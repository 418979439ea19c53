import { expect, test } from "vitest";
import { profileTable } from "./profile-table.js";

const limits = { flopsPerSecond: 100e9, bytesPerSecond: 10e9 };
const operator = { shape: "", calls: 1, flops: 0, bytes: 0 };

test("a profile is a table: products as one, gradients by their operator, and what the machine would allow", () => {
  const operators = [
    { name: "trainer::product", shape: "4 x 5 x 6", calls: 3, ms: 30, flops: 1.5e9, bytes: 1e6 },
    { name: "trainer::adamw_", shape: "", calls: 1, ms: 25, flops: 0, bytes: 200e6 },
    { name: "trainer::product", shape: "7 x 8 x 9", calls: 1, ms: 10, flops: 0.5e9, bytes: 1e6 },
    { ...operator, name: "torch::autograd::CppNode<trainer::(anonymous namespace)::GeluMlp>", ms: 5 },
    { ...operator, name: "aten::empty", ms: 0 },
  ];
  const lines = profileTable({ steps: 1200, stepMs: 80, dataMs: 0.4, operators, limits }).split("\n");
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
  const lines = profileTable({ steps: 1, stepMs: 300, dataMs: 0, operators, limits }).split("\n");
  expect(lines).toHaveLength(2 + 1 + 16 + 1);
  expect(lines.at(-1)).toBe("  other operators      4  10.00    3.3 %            0.4        4.0 %");
});
