import { expect, test } from "vitest";

import { disagreements, leaf, numbers } from "../../test/kernel-checks.js";
import { randn, zeros } from "../create.js";
import { rmsNorm } from "../functional.js";
import * as nn from "../nn/index.js";
import { Params } from "../params.js";
import { manualSeed } from "../random.js";
import { noGrad } from "../scope.js";
import { addRmsNorm, addRmsNormReference } from "./index.js";

const normOf = (dim: number) => {
  const norm = nn.rmsNorm(new Params(), dim, { eps: 1e-3 });
  noGrad(() => norm.weight.copy_(randn([dim])));
  return norm;
};

test.each([
  [1, 1],
  [13, 33],
  [130, 64],
])("residual addition and RMSNorm of (2, %i, %i)", (rows, dim) => {
  manualSeed(3);
  const norm = normOf(dim);
  const [x, branch] = [leaf(2, rows, dim), leaf(2, dim, rows)];
  const leaves = [x, branch, norm.weight];
  const fused = () => addRmsNorm(x, branch.transpose(1, 2), norm);
  const plain = () => addRmsNormReference(x, branch.transpose(1, 2), norm);
  expect(disagreements(fused, plain, leaves)).toEqual([]);
  // The last sum of a model is not used, nor the norm of a sum that only the next block reads.
  for (const used of [[0, 1] as const, [1, 2] as const]) {
    expect(
      disagreements(
        () => fused().slice(...used),
        () => plain().slice(...used),
        leaves,
      ),
    ).toEqual([]);
  }
  expect(noGrad(() => fused().map(numbers))).toEqual(fused().map(numbers));
});

test.each([
  [1, 1],
  [31, 70],
])("RMSNorm alone of (2, %i, %i)", (rows, dim) => {
  manualSeed(4);
  const { weight } = normOf(dim);
  const x = leaf(dim, rows, 2);
  const compute = () => [rmsNorm(x.transpose(0, 2), weight, 1e-3)];
  expect(disagreements(compute, compute, [x, weight])).toEqual([]);
  expect(noGrad(() => compute().map(numbers))).toEqual(compute().map(numbers));
  expect(rmsNorm(zeros([0, dim]), weight).shape).toEqual([0, dim]);
});

test("an RMSNorm of zeros is zero, and its gradient finite", () => {
  const [x, weight] = [zeros([2, 8]), leaf(8)];
  x.requiresGrad = true;
  const y = rmsNorm(x, weight, 1e-6);
  y.sum().backward();
  expect(numbers(y).every((value) => Math.abs(value) === 0)).toBe(true);
  expect(numbers(x.grad ?? x).every((g) => Number.isFinite(g))).toBe(true);
});

test("RMSNorms refuse shapes that do not fit", () => {
  const norm = normOf(4);
  expect(() => addRmsNorm(randn([2, 4]), randn([3, 4]), norm)).toThrow(/add_rms_norm: .* do not fit/);
  expect(() => rmsNorm(randn([2, 5]), norm.weight)).toThrow(/rms_norm: .* do not fit/);
});
