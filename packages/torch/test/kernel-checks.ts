import { randn, tensor, zeros } from "../src/create.js";
import { useFusedKernels } from "../src/fused/index.js";
import { numThreads, setNumThreads } from "../src/runtime.js";
import { scope } from "../src/scope.js";
import type { Tensor } from "../src/tensor.js";

// How a kernel is held to the plain operators that define it.

/** The outputs of a kernel or of its reference, computed again. */
export type Compute = () => Tensor[];

export const numbers = (t: Tensor): Float64Array => Float64Array.from(t.detach().flatten().data(), Number);

/** A parameter of random values. */
export function leaf(...shape: number[]): Tensor {
  const t = randn(shape);
  t.requiresGrad = true;
  return t;
}

/** The sum of an output's elements times numbers between -1 and 1, so that no two have the same gradient. */
export function weighted(out: Tensor): Tensor {
  const weights = Float32Array.from({ length: out.numel }, (_, i) => Math.sin(i * 0.7 + 1));
  return out.flatten().mul(tensor(weights)).sum();
}

/** The outputs, then the gradients of `leaves`. */
export function valuesAndGradients(compute: Compute, leaves: readonly Tensor[]): Float64Array[] {
  return scope(() => {
    for (const t of leaves) t.grad = null;
    const outputs = compute();
    const total = outputs.map((out) => weighted(out)).reduce((sum, part) => sum.add(part));
    total.backward();
    return [...outputs, ...leaves.map((t) => t.grad ?? zeros([0]))].map(numbers);
  });
}

/** The largest difference, against the largest value where that is above 1; NaN where the lengths differ. */
export function difference(found: readonly Float64Array[], wanted: readonly Float64Array[]): number {
  const each = wanted.map((want, i) => {
    const values = found[i]?.length === want.length ? found[i] : new Float64Array();
    const scale = want.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
    return want.reduce((most, value, j) => Math.max(most, Math.abs(value - (values[j] ?? NaN)) / scale), 0);
  });
  return Math.max(...each);
}

/** Violations of: the same bits again, on one thread as on two, and equal to the plain operators. */
export function disagreements(compute: Compute, reference: Compute, leaves: readonly Tensor[]): string[] {
  const threads = numThreads();
  const onThreads = (n: number, run: Compute) => {
    setNumThreads(n);
    return valuesAndGradients(run, leaves);
  };
  const found = onThreads(2, compute);
  const again = onThreads(2, compute);
  const alone = onThreads(1, compute);
  useFusedKernels(false);
  const plain = onThreads(1, reference);
  const off = onThreads(1, compute);
  useFusedKernels(true);
  setNumThreads(threads);
  const checks: [what: string, holds: boolean][] = [
    ["other bits the second time", difference(again, found) === 0],
    ["other values on one thread", difference(alone, found) < 1e-6],
    ["not what the plain operators give", difference(found, plain) < 2e-5],
    ["switched off, not what the plain operators give", difference(off, plain) < 1e-6],
  ];
  return checks.filter(([, holds]) => !holds).map(([what]) => what);
}
