import { autocast } from "../src/amp.js";
import { randn, tensor, zeros } from "../src/create.js";
import type { DType } from "../src/dtype.js";
import { gpuKernels, useFusedKernels } from "../src/fused/index.js";
import { noGrad, scope } from "../src/scope.js";
import type { Tensor } from "../src/tensor.js";

// On a GPU, or with TRAINER_GPU=emulated on a CPU, which the kernels then run on thread by thread.
export const { used, reason, device } = gpuKernels();
/** On a CPU each shape is compiled separately, which takes a second. */
export const thorough = device === "cuda";
if (!used) console.log(`not run here: the tests of kernels for GPUs (${reason})`);

/** Relative tolerance of a type's results to float32's, by norm. */
export const TOLERANCE = { float32: 2e-5, bfloat16: 5e-2, float16: 8e-3 } as const;
export type Computed = keyof typeof TOLERANCE;

export const within = <T>(type: Computed, f: () => T): T =>
  type === "float32" ? f() : autocast({ device, dtype: type }, f);

export const leafOf = (shape: readonly number[], scale = 1, dtype: DType = "float32"): Tensor => {
  const t = noGrad(() => randn(shape, { device }).mul(scale).to(dtype));
  t.requiresGrad = true;
  return t;
};

export const numbers = (t: Tensor): Float64Array =>
  Float64Array.from(t.detach().to({ dtype: "float32", device: "cpu" }).contiguous().data(), Number);

/** The outputs and the gradients of leaves, of a sum in which no two elements weigh the same. */
export function measured(type: Computed, compute: () => readonly Tensor[], leaves: readonly Tensor[]): Float64Array[] {
  return scope(() => {
    for (const t of leaves) t.grad = null;
    const outputs = within(type, compute);
    const weigh = (out: Tensor) => {
      const weights = Float32Array.from({ length: out.numel }, (_, i) => ((i * 7919) % 1009) / 1009 - 0.2);
      return out
        .flatten()
        .to("float32")
        .mul(tensor(weights, undefined, { device }))
        .sum();
    };
    outputs
      .map(weigh)
      .reduce((sum, part) => sum.add(part))
      .backward();
    const found = [...outputs, ...leaves.map((t) => t.grad ?? zeros([0]))].map(numbers);
    for (const t of leaves) t.grad = null;
    return found;
  });
}

/** The largest distance of any output or gradient from what plain operators give in float32, against its norm. */
export function distance(found: readonly Float64Array[], wanted: readonly Float64Array[]): number {
  const each = wanted.map((want, i) => {
    const values = found[i] ?? new Float64Array();
    const off = want.reduce((sum, v, j) => sum + (v - (values[j] ?? NaN)) ** 2, 0);
    return Math.sqrt(off / (want.reduce((sum, v) => sum + v * v, 0) + 1e-12));
  });
  return each.reduce((most, d) => (d <= most ? most : d), 0);
}

/**
 * Error of the kernels against plain operators in float32, as a fraction of the type's tolerance; infinite if they do
 * not repeat.
 */
export const error = (type: Computed, compute: () => readonly Tensor[], leaves: readonly Tensor[]): number => {
  const found = measured(type, compute, leaves);
  if (distance(measured(type, compute, leaves), found) !== 0) return Infinity;
  useFusedKernels(false);
  const wanted = measured("float32", compute, leaves);
  useFusedKernels(true);
  return distance(found, wanted) / TOLERANCE[type];
};

export const types = ["float32", "bfloat16", "float16"] as const;
/** Where each kernel is compiled for the CPU first, float16, which differs from bfloat16 in its conversions alone, is left to a few tests. */
export const mostTypes = thorough ? types : (["float32", "bfloat16"] as const);
