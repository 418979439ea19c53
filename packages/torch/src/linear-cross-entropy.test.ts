import { afterEach, beforeEach, expect, test } from "vitest";
import { randint, randn } from "./create.js";
import { crossEntropy, linear } from "./functional.js";
import { useFusedKernels } from "./fused/index.js";
import { linearCrossEntropy, linearCrossEntropyReference, linearCrossEntropyRows } from "./linear-cross-entropy.js";
import type { Tensor } from "./tensor.js";
import { manualSeed } from "./random.js";
import { numThreads, setNumThreads } from "./runtime.js";
import { noGrad } from "./scope.js";

const threads = numThreads();
beforeEach(() => manualSeed(1)); // else the largest of the rounding errors is another each time
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

/** Mean of the cross entropies and their squared log-sum-exps by the formulas of their papers, and its gradients. */
function byFormula(inputs: readonly Tensor[], targets: Tensor, zLoss: number, softcap: number): readonly Tensor[] {
  const [hidden, weight, bias] = leaves(inputs);
  const plain = bias === undefined ? hidden.matmul(weight.t()) : hidden.matmul(weight.t()).add(bias);
  const logits = softcap === 0 ? plain : plain.div(softcap).tanh().mul(softcap);
  const counts = targets.ne(-100);
  const logSumExp = logits.exp().sum(1).log();
  const chosen = logits.gather(1, targets.clamp(0).unsqueeze(1)).squeeze(1);
  const each = logSumExp.sub(chosen).add(logSumExp.pow(2).mul(zLoss));
  const mean = each.mul(counts.to("float32")).sum().div(counts.sum());
  mean.backward();
  return [mean.detach(), ...[hidden, weight, bias].flatMap((t) => t?.grad ?? [])];
}

function leaves(inputs: readonly Tensor[]): [Tensor, Tensor, Tensor | undefined] {
  const [hidden, weight, bias] = inputs.map((t) => {
    const leaf = t.detach().clone();
    leaf.requiresGrad = true;
    return leaf;
  });
  if (hidden === undefined || weight === undefined) throw new Error("two are needed");
  return [hidden, weight, bias];
}

const difference = (a: readonly Tensor[], b: readonly Tensor[]): number =>
  Math.max(...a.map((t, i) => (b[i] === undefined ? Infinity : t.sub(b[i]).abs().max().item())));

test.each([
  { zLoss: 0.01, softcap: 0, biased: false },
  { zLoss: 0, softcap: 2, biased: true },
  { zLoss: 0.1, softcap: 3, biased: false },
])("a z-loss of $zLoss and a cap of $softcap are those of the formulas, and so are their gradients", (options) => {
  const { zLoss, softcap, biased } = options;
  const inputs = [randn([700, 9]), randn([517, 9]), ...(biased ? [randn([517])] : [])];
  const targets = randint(0, 517, [700]);
  targets.narrow(0, 5, 20).fill_(-100);
  const wanted = byFormula(inputs, targets, zLoss, softcap);
  for (const own of [true, false]) {
    useFusedKernels(own);
    const [hidden, weight, bias] = leaves(inputs);
    const loss = linearCrossEntropy(hidden, weight, targets, { bias, zLoss, softcap });
    const withoutGradient = noGrad(() => linearCrossEntropy(hidden, weight, targets, { bias, zLoss, softcap }));
    expect(withoutGradient.sub(loss).abs().item()).toBeLessThan(1e-4);
    loss.backward();
    const found = [loss.detach(), ...[hidden, weight, bias].flatMap((t) => t?.grad ?? [])];
    expect(found).toHaveLength(wanted.length);
    expect(difference(found, wanted)).toBeLessThan(5e-5);
    const rows = noGrad(() => linearCrossEntropyRows(hidden, weight, targets, { bias, softcap }));
    const plain = noGrad(() => linearCrossEntropyReference(hidden, weight, targets, { bias, softcap }));
    expect(rows.sum().div(680).sub(plain).abs().item()).toBeLessThan(1e-4);
  }
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
