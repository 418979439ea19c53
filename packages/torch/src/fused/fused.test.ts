import { afterEach, expect, test } from "vitest";

import { autocast } from "../amp.js";
import { ones, randint, randn, tensor, zeros } from "../create.js";
import { dropout, gelu, linear } from "../functional.js";
import { linearCrossEntropy, linearCrossEntropyReference } from "../linear-cross-entropy.js";
import { layerNorm } from "../nn/index.js";
import { Params } from "../params.js";
import { manualSeed } from "../random.js";
import { numThreads, setNumThreads } from "../runtime.js";
import { noGrad, scope } from "../scope.js";
import type { Tensor } from "../tensor.js";
import {
  addLayerNorm,
  addLayerNormReference,
  causalAttention,
  causalAttentionReference,
  geluMlp,
  geluMlpReference,
  useFusedKernels,
} from "./index.js";

const threads = numThreads();
afterEach(() => {
  useFusedKernels(true);
  setNumThreads(threads);
});

type Compute = () => Tensor[];

const numbers = (t: Tensor): Float64Array => Float64Array.from(t.detach().flatten().data(), Number);

/** A parameter of random values. */
function leaf(...shape: number[]): Tensor {
  const t = randn(shape);
  t.requiresGrad = true;
  return t;
}

/** The sum of an output's elements times numbers between -1 and 1, so that no two have the same gradient. */
function weighted(out: Tensor): Tensor {
  const weights = Float32Array.from({ length: out.numel }, (_, i) => Math.sin(i * 0.7 + 1));
  return out.flatten().mul(tensor(weights)).sum();
}

/** The outputs, then the gradients of `leaves`. */
function valuesAndGradients(compute: Compute, leaves: readonly Tensor[]): Float64Array[] {
  return scope(() => {
    for (const t of leaves) t.grad = null;
    const outputs = compute();
    const total = outputs.map((out) => weighted(out)).reduce((sum, part) => sum.add(part));
    total.backward();
    return [...outputs, ...leaves.map((t) => t.grad ?? zeros([0]))].map(numbers);
  });
}

/** The largest difference, against the largest value where that is above 1; NaN where the lengths differ. */
function difference(found: readonly Float64Array[], wanted: readonly Float64Array[]): number {
  const each = wanted.map((want, i) => {
    const values = found[i]?.length === want.length ? found[i] : new Float64Array();
    const scale = want.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
    return want.reduce((most, value, j) => Math.max(most, Math.abs(value - (values[j] ?? NaN)) / scale), 0);
  });
  return Math.max(...each);
}

/** What is wrong of: the same bits again, on one thread as on two, and equal to the plain operators. */
function disagreements(compute: Compute, reference: Compute, leaves: readonly Tensor[]): string[] {
  setNumThreads(2);
  const found = valuesAndGradients(compute, leaves);
  const again = valuesAndGradients(compute, leaves);
  setNumThreads(1);
  const alone = valuesAndGradients(compute, leaves);
  useFusedKernels(false);
  const plain = valuesAndGradients(reference, leaves);
  const off = valuesAndGradients(compute, leaves);
  useFusedKernels(true);
  const checks: [what: string, holds: boolean][] = [
    ["other bits the second time", difference(again, found) === 0],
    ["other values on one thread", difference(alone, found) < 1e-6],
    ["not what the plain operators give", difference(found, plain) < 2e-5],
    ["switched off, not what the plain operators give", difference(off, plain) < 1e-6],
  ];
  return checks.filter(([, holds]) => !holds).map(([what]) => what);
}

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

test.each([
  [1, 1],
  [13, 33],
  [130, 64],
])("residual addition and LayerNorm of (2, %i, %i)", (rows, dim) => {
  manualSeed(3);
  const norm = layerNorm(new Params(), dim, { eps: 1e-3 });
  const [x, branch] = [leaf(2, rows, dim), leaf(2, dim, rows)];
  expect(
    disagreements(
      () => addLayerNorm(x, branch.transpose(1, 2), norm),
      () => addLayerNormReference(x, branch.transpose(1, 2), norm, 0),
      [x, branch, norm.weight, norm.bias],
    ),
  ).toEqual([]);
  // The last sum of a model is not used: its gradient is absent.
  expect(
    disagreements(
      () => addLayerNorm(x, branch.transpose(1, 2), norm).slice(1),
      () => addLayerNormReference(x, branch.transpose(1, 2), norm, 0).slice(1),
      [x, branch, norm.weight, norm.bias],
    ),
  ).toEqual([]);
  expect(
    disagreements(
      () => addLayerNorm(x, branch.transpose(1, 2), norm).slice(0, 1),
      () => addLayerNormReference(x, branch.transpose(1, 2), norm, 0).slice(0, 1),
      [x, branch],
    ),
  ).toEqual([]);
});

test("dropout of the residual branch is undone by nothing: its gradient passes where its value did", () => {
  const norm = layerNorm(new Params(), 40);
  const x = leaf(50, 40);
  const masked = () => {
    manualSeed(4);
    return addLayerNorm(zeros([50, 40]), ones([50, 40]), norm, { dropout: 0.2 })[0];
  };
  const mask = masked(); // 0 or 1 / 0.8
  expect(new Set(numbers(mask))).toEqual(new Set([0, Math.fround(1 / Math.fround(0.8))]));
  expect(mask.mean().item()).toBeCloseTo(1, 1);
  const branch = leaf(50, 40);
  const found = valuesAndGradients(() => {
    manualSeed(4);
    return addLayerNorm(x, branch, norm, { dropout: 0.2 });
  }, [x, branch]);
  const wanted = valuesAndGradients(() => addLayerNormReference(x, branch.mul(mask), norm, 0), [x, branch]);
  expect(difference(found, wanted)).toBeLessThan(2e-5);
});

test.each([
  [1, 1, 1, 1],
  [5, 7, 9, 3],
  [600, 33, 130, 20], // three chunks of rows
])("GELU between two linear maps: (%i, %i) by %i to %i", (n, c, d, e) => {
  manualSeed(5);
  const x = leaf(n, c);
  const [w1, b1, w2, b2] = [leaf(c, d), leaf(d), leaf(e, d), leaf(e)];
  const weights = () => ({ w1, b1, w2: w2.t(), b2 });
  expect(
    disagreements(
      () => [geluMlp(x.mul(1 / Math.sqrt(c)), weights()).mul(1 / Math.sqrt(d))],
      () => [geluMlpReference(x.mul(1 / Math.sqrt(c)), weights()).mul(1 / Math.sqrt(d))],
      [x, w1, b1, w2, b2],
    ),
  ).toEqual([]);
  expect(numbers(noGrad(() => geluMlp(x, weights())))).toEqual(numbers(geluMlp(x, weights())));
});

test("GELU by tanh is right where it is flat, steep and out of range", () => {
  const x = tensor([-1e4, -90, -10, -1, -1e-3, 0, 1e-3, 1, 10, 90, 1e4]).unsqueeze(1); // (11, 1)
  const one = { w1: ones([1, 1]), b1: zeros([1]), w2: ones([1, 1]), b2: zeros([1]) };
  const wanted = gelu(x, { approximate: "tanh" });
  expect(difference([numbers(geluMlp(x, one))], [numbers(wanted)])).toBeLessThan(1e-7);
  expect(geluMlp(tensor([NaN]).unsqueeze(1), one).item()).toBeNaN(); // a run that breaks down must show it
});

test.each([
  [1, 1, 1, 1],
  [2, 7, 3, 5],
  [1, 257, 3, 20], // five blocks of queries, the last of one
  [2, 64, 2, 64],
])("causal attention of %i x %i tokens, %i heads of %i", (batch, length, heads, headSize) => {
  manualSeed(6);
  const qkv = leaf(batch, 3 * heads * headSize, length);
  expect(
    disagreements(
      () => [causalAttention(qkv.transpose(1, 2), heads)],
      () => [causalAttentionReference(qkv.transpose(1, 2), heads, 0)],
      [qkv],
    ),
  ).toEqual([]);
});

test("attention drops weights, not outputs, and its gradient meets the same mask", () => {
  manualSeed(7);
  const [length, size] = [48, 48];
  const values = zeros([length, size]); // the identity, so that the outputs are the weights
  for (let i = 0; i < length; i += 1) values.select(0, i).select(0, i).fill_(1);
  const qk = leaf(1, length, 2 * size);
  const drop = (v: Tensor) => {
    manualSeed(8);
    const qkv = zeros([1, length, 3 * size]);
    qkv.narrow(2, 0, 2 * size).copy_(qk);
    qkv.narrow(2, 2 * size, size).copy_(v.unsqueeze(0));
    return causalAttention(qkv, 1, { dropout: 0.4 });
  };
  const whole = causalAttentionReference(withValues(qk, values), 1, 0).detach();
  const kept = drop(values).detach().ne(0); // (1, T, T)
  const factor = kept.to("float32").mul(1 / 0.6);
  expect(difference([numbers(drop(values))], [numbers(whole.mul(factor))])).toBeLessThan(1e-5);
  expect(kept.to("float32").sum().item() / ((length * (length + 1)) / 2)).toBeCloseTo(0.6, 1);
  // Through a linear function of the weights the gradient of q and k is that of the masked weights.
  const found = valuesAndGradients(() => [drop(values)], [qk]);
  const wanted = valuesAndGradients(() => [causalAttentionReference(withValues(qk, values), 1, 0).mul(factor)], [qk]);
  expect(difference(found, wanted)).toBeLessThan(2e-5);
});

/** (1, T, 2 C) and (T, C) side by side. */
function withValues(qk: Tensor, values: Tensor): Tensor {
  const qkv = zeros([1, qk.size(1), (qk.size(2) / 2) * 3]);
  qkv.narrow(2, 0, qk.size(2)).copy_(qk);
  qkv.narrow(2, qk.size(2), values.size(1)).copy_(values.unsqueeze(0));
  return qkv;
}

test("dropout keeps its share, scales what it keeps, and passes gradients where it kept", () => {
  const x = leaf(1000, 37);
  manualSeed(9);
  const y = dropout(x, 0.25, true);
  const kept = numbers(y).map((value) => (value === 0 ? 0 : 1));
  expect(kept.reduce((sum, k) => sum + k, 0) / kept.length).toBeCloseTo(0.75, 2);
  y.sum().backward();
  const passes = numbers(x.grad ?? zeros([0])).map((g) => (g === 0 ? 0 : 1));
  expect(passes).toEqual(kept);
  manualSeed(9);
  setNumThreads(1);
  expect(numbers(dropout(x, 0.25, true))).toEqual(numbers(y)); // whatever the threads
  expect(numbers(dropout(x, 0.25, true))).not.toEqual(numbers(y)); // the next mask is another
  expect(dropout(tensor(2), 0.5, true).shape).toEqual([]);
  useFusedKernels(false);
  expect(numbers(dropout(ones([1000, 37]), 0.25, true)).filter((v) => v === 0).length / 37000).toBeCloseTo(0.25, 2);
});

test.each([
  [1, 3, 5],
  [1, 1030, 1100], // a weight so large that its rows are shared among the threads
  [11, 1030, 1100],
  [15, 37, 70],
  [16, 3, 5],
  [65, 20, 30],
])("a linear map of %i rows, %i to %i", (n, c, d) => {
  manualSeed(10);
  const [x, w, b] = [leaf(c, n), leaf(d, c), leaf(d)];
  const compute = () => [linear(x.t(), w, b), linear(x.t(), w)];
  expect(disagreements(compute, compute, [x, w, b])).toEqual([]);
  const stored = leaf(c, d); // (in, out), as GPT-2 has it
  const other = () => [linear(x.t(), stored.t(), b)];
  const rows = leaf(1, c); // one row in memory that stands for many
  const expanded = () => [linear(rows.expand([n, c]), w, b)];
  expect(disagreements(expanded, expanded, [rows, w, b])).toEqual([]);
  expect(disagreements(other, other, [x, stored, b])).toEqual([]);
  const unlearned = [stored.detach(), b.detach()] as const;
  const frozen = () => [linear(x.t(), unlearned[0].t(), unlearned[1])];
  expect(disagreements(frozen, frozen, [x])).toEqual([]);
});

test.each([
  [35, 70],
  [1030, 1100],
])("a row comes out of a linear map of %i to %i the same beside any other rows", (c, d) => {
  manualSeed(12);
  for (const weight of [randn([d, c]), randn([c, d]).t()]) {
    const [x, b] = [randn([16, c]), randn([d])];
    for (let row = 0; row < 16; row++) {
      const alone = numbers(linear(x.narrow(0, row, 1), weight, b));
      for (const n of [row + 1, 16]) {
        expect(numbers(linear(x.narrow(0, 0, n), weight, b).select(0, row))).toEqual(alone);
      }
    }
  }
});

test("shapes that do not fit and other types are refused with the operator's name", () => {
  const norm = layerNorm(new Params(), 4);
  expect(() => addLayerNorm(randn([2, 4]), randn([3, 4]), norm)).toThrow(/add_layer_norm: .* do not fit/);
  expect(() => addLayerNorm(randn([2, 4]), randn([2, 4]), norm, { dropout: 1 })).toThrow(/dropout must be/);
  expect(() => causalAttention(randn([1, 2, 10]), 3)).toThrow(/causal_attention: .* multiple of 3 heads/);
  expect(() => causalAttention(randn([1, 2, 12]), 2 ** 52)).toThrow(/causal_attention: .* heads/);
  const weights = { w1: randn([4, 8]), b1: randn([7]), w2: randn([8, 4]), b2: randn([4]) };
  expect(() => geluMlp(randn([2, 4]), weights)).toThrow(/gelu_mlp: .* do not fit/);
  expect(() => linear(randn([16, 4]), randn([5, 3]))).toThrow(/do not fit/);
});

test("what the kernels cannot take goes through the plain operators: float64, and autocast", () => {
  const norm = layerNorm(new Params({ dtype: "float64" }), 4);
  const double = (...shape: number[]) => randn(shape, { dtype: "float64" });
  expect(addLayerNorm(double(2, 4), double(2, 4), norm)[1].dtype).toBe("float64");
  expect(causalAttention(double(1, 2, 12), 2).dtype).toBe("float64");
  const product = autocast({ device: "cpu", dtype: "bfloat16" }, () => linear(randn([16, 4]), randn([4, 4])));
  expect(product.dtype).toBe("bfloat16");
  expect(linear(randn([16, 4]), randn([4, 4])).dtype).toBe("float32");
});
