import { empty, ones, zeros } from "./create.js";
import { linear } from "./functional.js";
import { noGrad, scope } from "./scope.js";

/** What a machine can do at most, with the threads there are: the roofline of Williams et al. 2009. */
export interface MachineLimits {
  /** Of float32 matrix products of 1024 x 1024, multiplications and additions a second. */
  readonly flopsPerSecond: number;
  /** Read and written a second, copying from memory to memory. */
  readonly bytesPerSecond: number;
}

const SIZE = 1024;
/** Two such are far more than caches hold. */
const FLOATS = 1 << 25;

/** Measures the CPU, some tenths of a second. */
export function machineLimits(): MachineLimits {
  return scope(() =>
    noGrad(() => {
      const [a, b] = [ones([SIZE, SIZE]), ones([SIZE, SIZE])];
      const product = () => scope(() => void linear(a, b));
      const [from, to] = [zeros([FLOATS]), empty([FLOATS])];
      const copy = () => void to.copy_(from);
      return {
        flopsPerSecond: (2 * SIZE ** 3) / fastest(product),
        bytesPerSecond: (2 * FLOATS * 4) / fastest(copy),
      };
    }),
  );
}

/** Seconds of the quickest of some runs, after one to warm up. */
function fastest(f: () => void): number {
  const seconds = Array.from({ length: 8 }, () => {
    const began = performance.now();
    f();
    return (performance.now() - began) / 1000;
  });
  return Math.min(...seconds.slice(1));
}
