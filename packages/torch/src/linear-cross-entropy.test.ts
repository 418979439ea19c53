import { afterEach, expect, test } from "vitest";
import { randint, randn } from "./create.js";
import { crossEntropy, linear } from "./functional.js";
import { useFusedKernels } from "./fused/index.js";
import { linearCrossEntropyRows } from "./linear-cross-entropy.js";
import { numThreads, setNumThreads } from "./runtime.js";
import { noGrad } from "./scope.js";

const threads = numThreads();
afterEach(() => {
  useFusedKernels(true);
  setNumThreads(threads);
});

test.each([
  { n: 1, c: 1, v: 1, biased: false },
  { n: 7, c: 5, v: 11, biased: true },
  { n: 700, c: 33, v: 517, biased: false }, // several chunks of rows
])("the loss of each row: ($n, $c) over $v classes, a bias: $biased", ({ n, c, v, biased }) => {
  const [hidden, weight] = [randn([c, n]).t(), randn([v, c])];
  const bias = biased ? randn([v]) : null;
  const targets = randint(0, v, [n]);
  if (n > 3) targets.narrow(0, 2, 1).fill_(-100);
  const wanted = crossEntropy(linear(hidden, weight, bias), targets, { reduction: "none" });
  setNumThreads(2);
  const found = linearCrossEntropyRows(hidden, weight, targets, { bias });
  expect(linearCrossEntropyRows(hidden, weight, targets, { bias }).equal(found)).toBe(true);
  setNumThreads(1);
  expect(linearCrossEntropyRows(hidden, weight, targets, { bias }).sub(found).abs().max().item()).toBeLessThan(1e-5);
  expect(found.sub(wanted).abs().max().item()).toBeLessThan(5e-5);
  useFusedKernels(false);
  expect(linearCrossEntropyRows(hidden, weight, targets, { bias }).sub(wanted).abs().max().item()).toBeLessThan(1e-6);
});

test("without kernels many classes are taken some rows at a time", () => {
  const [hidden, weight, targets] = [randn([3, 2]), randn([1 << 23, 2]), randint(0, 1 << 23, [3])];
  const fused = linearCrossEntropyRows(hidden, weight, targets);
  useFusedKernels(false);
  expect(linearCrossEntropyRows(hidden, weight, targets).sub(fused).abs().max().item()).toBeLessThan(1e-3);
});

test("it has no gradient, and says so", () => {
  const [hidden, targets] = [randn([2, 3]), randint(0, 4, [2])];
  const weight = randn([4, 3]);
  weight.requiresGrad = true;
  expect(() => linearCrossEntropyRows(hidden, weight, targets)).toThrow("it has no gradient");
  expect(noGrad(() => linearCrossEntropyRows(hidden, weight, targets)).shape).toEqual([2]);
});
