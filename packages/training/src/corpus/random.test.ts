import { expect, test } from "vitest";
import { Random } from "./random.js";

const take = (seed: number | bigint, count: number) => {
  const random = new Random(seed);
  return Array.from({ length: count }, () => random.next());
};

test("a seed gives the same numbers each time and another seed others", () => {
  expect(take(7, 20)).toEqual(take(7n, 20));
  expect(take(7, 20)).not.toEqual(take(8, 20));
});

test("all 64 bits of a seed count", () => {
  expect(take(1n, 3)).not.toEqual(take(1n + (1n << 32n), 3));
  expect(take((1n << 63n) + 1n, 3)).not.toEqual(take(1n, 3));
});

test("a seed has streams of its own, the first of them the seed's", () => {
  const first = (seed: number, stream: number) => new Random(seed, stream).next();
  expect(first(7, 0)).toBe(take(7, 1)[0]);
  const draws = Array.from({ length: 4000 }, (_, i) => first(Math.floor(i / 100), i % 100));
  expect(new Set(draws).size).toBe(4000);
  expect(draws.reduce((sum, u) => sum + u, 0) / 4000).toBeCloseTo(0.5, 1);
});

test("the numbers are evenly spread over [0, 1)", () => {
  const bins = new Uint32Array(16);
  const draws = take(0, 160_000);
  expect(draws.every((u) => u >= 0 && u < 1)).toBe(true);
  for (const u of draws) {
    const bin = Math.floor(u * 16);
    bins[bin] = (bins[bin] ?? 0) + 1;
  }
  // chi-square with 15 degrees of freedom: above 37.7 once in a thousand
  const chiSquare = bins.reduce((sum, n) => sum + (n - 10_000) ** 2 / 10_000, 0);
  expect(chiSquare).toBeLessThan(37.7);
  const lag = draws.slice(1).reduce((sum, u, i) => sum + (u - 0.5) * ((draws[i] ?? 0) - 0.5), 0) / draws.length;
  expect(Math.abs(lag)).toBeLessThan(1e-3); // neighbours are uncorrelated: its standard deviation is 2e-4
});

/** Computed by a second implementation of the two papers, in Python's unbounded whole numbers. */
test.each([
  [0, 0, [0.41675133265905573, 0.5870575151842543, 0.6379754572548769]],
  [42, 0, [0.15377165265745885, 0.018085883667157576, 0.913322514664976]],
  [42, 3, [0.48496491716939594, 0.655896976919153, 0.5493942045537412]],
  [2n ** 64n - 1n, 1, [0.3826106389663796, 0.10809147463379887, 0.4842670962397251]],
  [2n ** 33n + 5n, 70_000, [0.8094256152822291, 0.3427615765540152, 0.6528247183945355]],
])("seed %s, stream %i gives the same numbers on every machine and in every version: %j", (seed, stream, numbers) => {
  const random = new Random(seed, stream);
  expect(numbers.map(() => random.next())).toEqual(numbers);
});
