import { at } from "@trainer/disk";
import { empty, randn, zeros } from "./create.js";
import type { Device, DType } from "./dtype.js";
import { TorchError } from "./errors.js";
import { linear } from "./functional.js";
import { Generator } from "./random.js";
import { noGrad, scope } from "./scope.js";

/** Limits of a machine with the current threads, or of a GPU: the roofline of Williams et al. 2009. */
export interface MachineLimits {
  /** Multiplications and additions a second, in products of square matrices. */
  readonly flopsPerSecond: number;
  /** Read and written a second, copying from memory to memory. */
  readonly bytesPerSecond: number;
}

/** Parameters of the measurement of limits. */
export interface Effort {
  /** Rows and columns of the products' factors, and the fewest, where memory is short. */
  readonly size: readonly [most: number, least: number];
  /** Bytes of each copy: far more than caches hold. */
  readonly bytes: readonly [most: number, least: number];
  /** Handed over before one waits for them. */
  readonly runs: number;
  /** Choice among the measured times. */
  readonly pick: (sorted: readonly number[]) => number;
}

const MIB = 2 ** 20;
const ROUNDS = 7;

/** The quickest: a CPU has other things to do. */
const CPU: Effort = {
  size: [1024, 1024],
  bytes: [128 * MIB, 128 * MIB],
  runs: 1,
  pick: (sorted) => Math.min(...sorted),
};

/** The median: a GPU's clock is highest before it is warm. */
const GPU: Effort = {
  size: [8192, 1024],
  bytes: [1024 * MIB, 16 * MIB],
  runs: 4,
  pick: (sorted) => at(sorted, (ROUNDS - 1) / 2),
};

/** Without tensor cores a larger product would take tenths of a second. */
const GPU_FLOAT32: Effort = { ...GPU, size: [4096, 1024] };

export function effortFor(device: Device, dtype: DType): Effort {
  if (device === "cpu") return CPU;
  return dtype === "float32" ? GPU_FLOAT32 : GPU;
}

/** Measures a device with products in `dtype`, some tenths of a second; the default random generators stay as they are. */
export function machineLimits(
  device: Device = "cpu",
  dtype: DType = "float32",
  effort: Effort = effortFor(device, dtype),
): MachineLimits {
  using generator = new Generator(0, device);
  const product = (size: number) => {
    // Numbers as they come: products of zeros and ones take less power, and so a GPU less time.
    const draw = () => randn([size, size], { device, dtype, generator });
    const [a, b] = [draw(), draw()];
    return (2 * size ** 3) / seconds(device, effort, () => void linear(a, b));
  };
  const copy = (bytes: number) => {
    const [from, to] = [zeros([bytes / 4], { device }), empty([bytes / 4], { device })];
    return (2 * bytes) / seconds(device, effort, () => void to.copy_(from));
  };
  return noGrad(() => ({
    flopsPerSecond: largestFitting(...effort.size, product),
    bytesPerSecond: largestFitting(...effort.bytes, copy),
  }));
}

/** The result of `f` for the largest size that fits into memory: `most`, or half as much, down to `least`. */
export function largestFitting(most: number, least: number, f: (size: number) => number): number {
  try {
    return scope(() => f(most));
  } catch (error) {
    if (most <= least || !(error instanceof TorchError) || error.code !== "OUT_OF_MEMORY") throw error;
  }
  return largestFitting(most / 2, least, f);
}

/** Seconds that `f` takes on the device, after a round to warm up. */
function seconds(device: Device, { runs, pick }: Effort, f: () => void): number {
  const mark = zeros([1], { device });
  const round = () => {
    const began = performance.now();
    for (let i = 0; i < runs; i += 1) scope(f);
    mark.item(); // waits for all that was handed over before
    return (performance.now() - began) / 1000 / runs;
  };
  round();
  return pick(Array.from({ length: ROUNDS }, round).toSorted((a, b) => a - b));
}
