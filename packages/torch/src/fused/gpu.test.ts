import { describe, expect, test } from "vitest";
import {
  device,
  distance,
  error,
  leafOf,
  mostTypes,
  numbers,
  reason,
  thorough,
  TOLERANCE,
  types,
  used,
  within,
} from "../../test/gpu-kernels.js";
import { randint, randn, tensor, zeros } from "../create.js";
import { linear } from "../functional.js";
import { linearCrossEntropy, linearCrossEntropyRows } from "../linear-cross-entropy.js";
import { manualSeed } from "../random.js";
import { noGrad } from "../scope.js";
import type { Tensor } from "../tensor.js";
import { causalAttention, geluMlp, gpuKernels, linearSideBySide, swigluMlp, useFusedKernels } from "./index.js";
import * as kernels from "./kernels.js";

test("where no GPU is, the reason is known", () => {
  expect(used).toBe(reason === "");
});

describe.skipIf(!used)("kernels for GPUs", () => {
  test("are there", () => {
    expect(gpuKernels()).toMatchObject({ used: true, reason: "" });
  });

  test.each(mostTypes)("linear maps in %s", (type) => {
    manualSeed(2);
    for (const [n, c, d] of [[3, 5, 7], thorough ? [64, 768, 2304] : [20, 24, 40], [129, 100, 50]] as const) {
      const [x, weight, bias] = [leafOf([n, c]), leafOf([d, c], 0.1), leafOf([d])];
      expect(error(type, () => [linear(x, weight, bias)], [x, weight, bias])).toBeLessThan(1);
      const stored = leafOf([c, d], 0.1);
      expect(error(type, () => [linear(x, stored.t(), bias)], [x, stored, bias])).toBeLessThan(1);
      const others = [leafOf([8, c], 0.1), leafOf([24, c], 0.1)];
      expect(error(type, () => [linearSideBySide(x, [weight, ...others], [])], [x, weight, ...others])).toBeLessThan(1);
      const biases = [bias, leafOf([8]), leafOf([24])];
      expect(
        error(type, () => [linearSideBySide(x, [weight, ...others], biases)], [x, weight, ...others, ...biases]),
      ).toBeLessThan(1);
    }
  });

  test.each(mostTypes)("feed-forward layers in %s", (type) => {
    manualSeed(3);
    for (const [n, c, d] of [
      thorough ? [70, 96, 384] : [9, 16, 48],
      [33, 30, 50],
      ...(thorough ? ([[300, 256, 1024]] as const) : []),
    ] as const) {
      const x = leafOf([2, n, c]);
      const mlp = { w1: leafOf([c, d], 0.1), b1: leafOf([d]), w2: leafOf([d, c], 0.1), b2: leafOf([c]) };
      expect(error(type, () => [geluMlp(x, mlp)], [x, ...Object.values(mlp)])).toBeLessThan(1);
      const [gate, up, down] = [leafOf([d, c], 0.1), leafOf([d, c], 0.1), leafOf([c, d], 0.1)];
      const plain = (weight: Tensor) => ({ weight, bias: null });
      const maps = { gate: plain(gate), up: plain(up), down: plain(down) };
      expect(error(type, () => [swigluMlp(x, maps)], [x, gate, up, down])).toBeLessThan(1);
      const [a, b, e] = [leafOf([d]), leafOf([d]), leafOf([c])];
      const biased = { gate: { weight: gate, bias: a }, up: { weight: up, bias: b }, down: { weight: down, bias: e } };
      expect(error(type, () => [swigluMlp(x, biased)], [x, gate, up, down, a, b, e])).toBeLessThan(1);
    }
  });

  const halves = mostTypes.filter((type) => type !== "float32");
  const layouts = [
    ...(thorough ? [{ heads: 12, kvHeads: 12, size: 64 }] : []),
    { heads: 4, kvHeads: 2, size: 128 },
    { heads: 3, kvHeads: 1, size: 24 },
  ];
  test.each(halves.flatMap((type) => layouts.map((layout) => [type, layout] as const)))(
    "attention in %s of %o",
    (type, { heads, kvHeads, size }) => {
      manualSeed(4);
      const t = thorough ? 75 : 11;
      const qkv = leafOf([2, t, (heads + 2 * kvHeads) * size]);
      const rotation = { cos: randn([t, size], { device }), sin: randn([t, size], { device }) };
      const [q, k] = [leafOf([size]), leafOf([size])];
      const headNorms = { q, k, eps: 1e-6 };
      expect(error(type, () => [causalAttention(qkv, { heads, kvHeads })], [qkv])).toBeLessThan(1);
      expect(error(type, () => [causalAttention(qkv, { heads, kvHeads, rotation })], [qkv])).toBeLessThan(1);
      expect(error(type, () => [causalAttention(qkv, { heads, kvHeads, headNorms })], [qkv, q, k])).toBeLessThan(1);
      expect(
        error(type, () => [causalAttention(qkv, { heads, kvHeads, rotation, headNorms })], [qkv, q, k]),
      ).toBeLessThan(1);
    },
  );

  test.each(types)("cross entropy in %s, whatever the vocabulary", (type) => {
    manualSeed(6);
    for (const [n, c, v] of [
      [50, 64, 300],
      [13, 96, 257],
      [thorough ? 1000 : 12, 64, 50257],
    ] as const) {
      const [hidden, weight] = [leafOf([n, c]), leafOf([v, c], 0.2)];
      const targets = randint(0, v, [n], { device });
      targets.narrow(0, 3, 4).fill_(-100);
      expect(error(type, () => [linearCrossEntropy(hidden, weight, targets)], [hidden, weight])).toBeLessThan(1);
      const rows = (on: boolean) =>
        noGrad(() => {
          useFusedKernels(on);
          const found = numbers(within(on ? type : "float32", () => linearCrossEntropyRows(hidden, weight, targets)));
          useFusedKernels(true);
          return found;
        });
      expect(distance([rows(true)], [rows(false)])).toBeLessThan(TOLERANCE[type]);
    }
  });

  test("AdamW and the norm of all gradients are those of the CPU, and copies of weights follow", () => {
    manualSeed(8);
    const shapes = [[50, 33], [7], [300, 100], [1], [20000]];
    const on = (device: "cpu" | "cuda", lists: readonly (readonly Tensor[])[]) =>
      lists.map((list) => list.map((t) => t.to(device).clone()));
    const make = () => shapes.map((shape) => randn(shape));
    const [params, grads] = [make(), make()];
    const zero = () => shapes.map((shape) => zeros(shape));
    const steps = shapes.map(() => tensor(3));
    const [p = [], g = [], m = [], v = [], s = []] = on("cpu", [params, grads, zero(), zero(), steps]);
    const [pg = [], gg = [], mg = [], vg = [], sg = []] = on(device, [params, grads, zero(), zero(), steps]);
    expect(kernels.totalNorm(gg).item()).toBeCloseTo(kernels.totalNorm(g).item(), 3);
    const before = within("bfloat16", () => numbers(linear(randn([4, 33], { device }), pg[0] ?? zeros([0]))));
    const lr = tensor(1e-2, [], { device });
    const scale = tensor(0.5, [], { device });
    const none = tensor(1, [], { device });
    kernels.adamwOnDevice_(pg, gg, mg, vg, sg, lr, 0.9, 0.999, 1e-8, 0.1, scale, none); // left out
    expect(distance(pg.map(numbers), params.map(numbers))).toBe(0);
    kernels.adamw_(p, g, m, v, s, 1e-2, 0.9, 0.999, 1e-8, 0.1, 0.5);
    kernels.adamwOnDevice_(pg, gg, mg, vg, sg, lr, 0.9, 0.999, 1e-8, 0.1, scale, null);
    expect(distance([...pg, ...mg, ...vg].map(numbers), [...p, ...m, ...v].map(numbers))).toBeLessThan(1e-6);
    const x = randn([4, 33], { device });
    const [weight = zeros([0])] = pg;
    const after = numbers(within("bfloat16", () => linear(x, weight)));
    const fresh = numbers(within("bfloat16", () => linear(x, weight.clone())));
    expect(distance([after], [fresh])).toBe(0);
    expect(distance([after], [before])).toBeGreaterThan(0);
  });
});
