import { expect, test } from "vitest";

import { causalAttention, linear, profile, randn, scope, useFusedKernels } from "./index.js";

const named = (operators: ReturnType<typeof profile>["operators"], name: string) =>
  operators.filter((operator) => operator.name === name);

test("a profile counts the calls, the arithmetic and the bytes of each operator", () => {
  scope(() => {
    const [a, b] = [randn([8, 5]), randn([5, 3])];
    const { result, operators } = profile(() => {
      a.matmul(b);
      a.matmul(b);
      return a
        .add(a.narrow(0, 0, 1))
        .sum()
        .item();
    });
    expect(Number.isFinite(result)).toBe(true);
    const floats = 8 * 5 + 5 * 3 + 8 * 3;
    expect(named(operators, "aten::mm")).toMatchObject([
      { shape: "8 x 5 x 3", calls: 2, flops: 2 * (2 * 8 * 5 * 3), bytes: 2 * floats * 4 },
    ]);
    expect(named(operators, "aten::add")).toMatchObject([{ calls: 1, flops: 0, bytes: (40 + 5 + 40) * 4 }]);
    expect(named(operators, "aten::narrow")).toMatchObject([{ calls: 1, bytes: 0 }]);
    const times = operators.map(({ ms }) => ms);
    expect(times).toEqual(times.toSorted((x, y) => y - x));
    expect(Math.min(...times)).toBeGreaterThanOrEqual(0);
  });
});

test("products within the project's own operators are rows of their own, gradients' too", () => {
  useFusedKernels(true);
  scope(() => {
    const [x, weight] = [randn([32, 20]), randn([30, 20])];
    weight.requiresGrad = true;
    const { operators } = profile(() => linear(x, weight).sum().backward());
    const products = named(operators, "trainer::product");
    expect(new Map(products.map(({ shape, calls }) => [shape, calls]))).toEqual(
      new Map([
        ["30 x 32 x 20", 1],
        ["32 x 20 x 30", 1],
      ]),
    );
    expect(named(operators, "trainer::linear")).toMatchObject([{ calls: 1, flops: 0 }]);
  });
});

test("what is profiled may throw, and is profiled no longer then", () => {
  const failing = () => {
    throw new RangeError("enough");
  };
  expect(() => profile(failing)).toThrow("enough");
  expect(() => profile(() => randn([2, 3]).matmul(randn([4, 5])))).toThrow(/shape|size/);
  expect(() => profile(() => profile(() => 1))).toThrow(/already/);
  expect(profile(() => 7).result).toBe(7);
});

test("attention and recurrences tell of their arithmetic too", () => {
  useFusedKernels(true);
  scope(() => {
    const qkv = randn([2, 7, 3 * 8]);
    qkv.requiresGrad = true;
    const { operators } = profile(() => causalAttention(qkv, { heads: 2 }).sum().backward());
    const products = 2 * 2 * 7 * 8 * 4; // batch, heads, pairs of tokens twice over, numbers of a head
    expect(named(operators, "trainer::causal_attention")).toMatchObject([{ flops: 2 * products }]);
    expect(operators.filter(({ name }) => name.endsWith("::CausalAttention>"))).toMatchObject([
      { flops: 5 * products },
    ]);
  });
});
