import { expect, test } from "vitest";

import { disagreements, leaf } from "../../test/kernel-checks.js";
import { randint, randn, tensor } from "../create.js";
import { linearCrossEntropy, linearCrossEntropyReference } from "../linear-cross-entropy.js";
import { manualSeed } from "../random.js";
import { noGrad } from "../scope.js";

test.each([
  [1, 1, 1],
  [7, 5, 11],
  [300, 33, 517], // two chunks of rows
])("linear cross entropy of (%i, %i) over %i classes", (n, c, v) => {
  manualSeed(1);
  const targets = randint(0, v, [n]);
  targets.narrow(0, 0, Math.floor(n / 3)).fill_(-100);
  const [h, w] = [leaf(n, c), leaf(v, c)];
  expect(
    disagreements(
      () => [linearCrossEntropy(h, w, targets)],
      () => [linearCrossEntropyReference(h, w, targets)],
      [h, w],
    ),
  ).toEqual([]);
  const fused = noGrad(() => linearCrossEntropy(h, w, targets)).item();
  expect(fused).toBeCloseTo(linearCrossEntropyReference(h, w, targets).item(), 4);
});

test("linear cross entropy with a bias has its gradient too", () => {
  manualSeed(3);
  const targets = randint(0, 11, [7]);
  const [h, w, bias] = [leaf(7, 5), leaf(11, 5), leaf(11)];
  expect(
    disagreements(
      () => [linearCrossEntropy(h, w, targets, { bias })],
      () => [linearCrossEntropyReference(h, w, targets, { bias })],
      [h, w, bias],
    ),
  ).toEqual([]);
});

test("linear cross entropy takes inputs behind other strides, another ignored index, and weights that are frozen", () => {
  manualSeed(2);
  const targets = tensor([3, 9, 0, 3], [4], { dtype: "int64" });
  const [h, w] = [leaf(8, 4), leaf(8, 10)];
  const both = [
    () => [linearCrossEntropy(h.t(), w.t(), targets, { ignoreIndex: 3 })],
    () => [linearCrossEntropyReference(h.t(), w.t(), targets, { ignoreIndex: 3 })],
  ] as const;
  expect(disagreements(...both, [h, w])).toEqual([]);
  w.requiresGrad = false;
  expect(disagreements(...both, [h])).toEqual([]);
});

test("linear cross entropy of ignored targets alone is NaN, as PyTorch's is, and changes nothing", () => {
  const [h, w] = [leaf(3, 4), leaf(5, 4)];
  const loss = linearCrossEntropy(h, w, tensor([-100, -100, -100], [3], { dtype: "int64" }));
  loss.backward();
  expect(loss.item()).toBeNaN();
  expect([...(h.grad?.flatten().data() ?? []), ...(w.grad?.flatten().data() ?? [])]).toEqual(Array(32).fill(0));
});

test("linear cross entropy refuses a target outside of the classes and shapes that do not fit", () => {
  const [h, w] = [randn([2, 4]), randn([5, 4])];
  const targets = (...ids: number[]) => tensor(ids, [ids.length], { dtype: "int64" });
  expect(() => linearCrossEntropy(h, w, targets(0, 5))).toThrow(/target 5 at position 1 is outside 0 to 4/);
  expect(() => linearCrossEntropy(h, w, targets(0, -1))).toThrow(/target -1/);
  expect(() => linearCrossEntropy(h, w, targets(0, 1, 2))).toThrow(/do not fit/);
  expect(() => linearCrossEntropy(h, w, tensor([0, 1]))).toThrow(/int64/);
});

test("the gradients of linear cross entropy can be taken once", () => {
  const [h, w] = [leaf(2, 4), leaf(5, 4)];
  const loss = linearCrossEntropy(h, w, tensor([1, 2], [2], { dtype: "int64" }));
  loss.mul(3).backward();
  expect(() => loss.backward()).toThrow(/once|second time/);
});
