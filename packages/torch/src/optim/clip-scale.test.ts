import { afterEach, expect, test } from "vitest";

import { randn, tensor } from "../create.js";
import { useFusedKernels } from "../fused/index.js";
import { manualSeed } from "../random.js";
import { setNumThreads } from "../runtime.js";
import type { Tensor } from "../tensor.js";
import { Adam, AdamW, clipGradNorm, clipScale, clipScaleOf, type Optimizer, SGD } from "./index.js";

afterEach(() => useFusedKernels(true));

const makers: [string, (params: Map<string, Tensor>) => Optimizer][] = [
  ["AdamW", (p) => new AdamW(p, { lr: 0.1, weightDecay: 0.3 })],
  ["Adam", (p) => new Adam(p, { lr: 0.1, weightDecay: 0.3 })],
  ["SGD", (p) => new SGD(p, { lr: 0.1, momentum: 0.9 })],
];

const SHAPES = [[3, 5], [70_001], [2, 2, 2]]; // one longer than a thread's run, one of an odd length

/** The parameters after four steps with gradients of a norm far above 1. */
function fourSteps(make: (params: Map<string, Tensor>) => Optimizer, clipApart: boolean): number[][] {
  manualSeed(1);
  const params = new Map(SHAPES.map((shape, i) => [`p${i}`, randn(shape)]));
  const optimizer = make(params);
  for (let step = 0; step < 4; step += 1) {
    for (const p of params.values()) p.grad = p.ndim === 2 ? randn([...p.shape].toReversed()).t() : randn(p.shape);
    const norm = clipGradNorm(params.values(), clipApart ? 1 : 0).item();
    expect(norm).toBeGreaterThan(100);
    optimizer.step(clipApart ? 1 : clipScale(norm, 1));
  }
  return [...params.values()].map((p) => Array.from(p.flatten().data(), Number));
}

const furthest = (a: number[][], b: number[][]): number =>
  Math.max(...a.flatMap((values, i) => values.map((v, j) => Math.abs(v - (b[i]?.[j] ?? NaN)))).slice(0, 5000));

test.each(makers)("%s that clips on the way takes the steps of one whose gradients were clipped before", (_, make) => {
  const onTheWay = fourSteps(make, false);
  expect(furthest(onTheWay, fourSteps(make, true))).toBeLessThan(1e-5);
  setNumThreads(1);
  expect(fourSteps(make, false)).toEqual(onTheWay); // to the bit, whatever the threads
  useFusedKernels(false);
  expect(furthest(onTheWay, fourSteps(make, true))).toBeLessThan(1e-5);
});

test("clipScale is 1 where nothing is to be clipped", () => {
  expect(clipScale(5, 0)).toBe(1);
  expect(clipScale(0.5, 1)).toBe(1);
  expect(clipScale(4, 1)).toBeCloseTo(0.25, 6);
  const onDevice = (norm: number, maxNorm: number) => clipScaleOf(tensor(norm), maxNorm).item();
  expect([onDevice(5, 0), onDevice(0.5, 1)]).toEqual([1, 1]);
  expect(onDevice(4, 1)).toBeCloseTo(0.25, 6);
});
