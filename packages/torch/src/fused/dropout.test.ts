import { afterEach, expect, test } from "vitest";

import { leaf, numbers } from "../../test/kernel-checks.js";
import { ones, tensor, zeros } from "../create.js";
import { dropout } from "../functional.js";
import { manualSeed } from "../random.js";
import { numThreads, setNumThreads } from "../runtime.js";
import { useFusedKernels } from "./index.js";

const threads = numThreads();
afterEach(() => {
  useFusedKernels(true);
  setNumThreads(threads);
});

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
