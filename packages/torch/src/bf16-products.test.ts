import { assert, boolean, integer, nat, oneof, property, record } from "fast-check";
import { afterEach, expect, test } from "vitest";

import { randn } from "./create.js";
import { linear, linearCrossEntropy } from "./fused/kernels.js";
import { addon } from "./load.js";
import { manualSeed } from "./random.js";
import { allowBf16Products, hasFastBf16 } from "./runtime.js";
import { scope } from "./scope.js";
import { tensor, type Tensor } from "./index.js";

afterEach(() => void addon.bf16Products(""));

const rounded = (x: Tensor) => x.to("bfloat16").to("float64");
const apart = (x: Tensor, y: Tensor) => x.to("float64").sub(y).abs().max().item();

/** Rows or columns of adjacent elements. */
function matrix(rows: number, columns: number, turned: boolean): Tensor {
  const made = turned ? randn([columns, rows]).t() : randn([rows, columns]);
  made.requiresGrad = true;
  return made;
}

test.each(["tiles", "mkl"] as const)("products by %s round elements to bfloat16, and nothing else", (kind) => {
  const size = integer({ min: 1, max: 90 });
  const sizes = record({
    n: integer({ min: 65, max: 160 }), // of fewer rows no product is in bfloat16,
    k: oneof(size, integer({ min: 500, max: 1300 })),
    m: integer({ min: 17, max: 90 }),
    turned: boolean(),
    seed: nat(),
  });
  assert(
    property(sizes, ({ n, k, m, turned, seed }) =>
      scope(() => {
        manualSeed(seed);
        const [x, weight, dy] = [matrix(n, k, false), matrix(k, m, turned), randn([n, m])];
        addon.bf16Products(kind);
        const y = linear(x, weight);
        y.backward({ gradient: dy });
        const [a, b, d] = [rounded(x.detach()), rounded(weight.detach()), rounded(dy)];
        const within = 1e-5 * Math.sqrt(k) + 1e-5;
        expect(apart(y.detach(), a.mm(b))).toBeLessThan(within);
        if (x.grad === null || weight.grad === null) throw new Error("no gradients");
        expect(apart(x.grad, d.mm(b.t()))).toBeLessThan(1e-5 * Math.sqrt(m) + 1e-5);
        // A product of few rows is not one in bfloat16.
        const few = turned && k > 1 ? m : k;
        const exact = x.detach().t().to("float64").mm(dy.to("float64"));
        expect(apart(weight.grad, few <= 16 ? exact : a.t().mm(d))).toBeLessThan(1e-4);
      }),
    ),
    { numRuns: 40 },
  );
});

test("gradients of several chunks of rows add up", () => {
  manualSeed(3);
  const [hidden, weight] = [matrix(600, 24, false), matrix(5000, 24, false)];
  const targets = tensor(BigInt64Array.from({ length: 600 }, (_, i) => BigInt((i * 37) % 5000)));
  const gradient = () => {
    weight.grad = null;
    linearCrossEntropy(hidden, weight, targets, -100).backward();
    return weight.grad === null ? NaN : apart(weight.grad, exact);
  };
  let exact = weight.detach().to("float64").zero_();
  linearCrossEntropy(hidden, weight, targets, -100).backward();
  if (weight.grad !== null) exact = weight.grad.to("float64");
  const most = exact.abs().max().item();
  for (const kind of ["tiles", "mkl"] as const) {
    addon.bf16Products(kind);
    expect(gradient()).toBeGreaterThan(0);
    expect(gradient()).toBeLessThan(0.02 * most);
  }
});

test("they repeat to the bit, with any number of threads", () => {
  manualSeed(4);
  const [x, weight] = [randn([130, 700]), randn([700, 100])];
  addon.bf16Products("tiles");
  const results = [1, 2, 3].map((threads) => {
    addon.setNumThreads(threads);
    return linear(x, weight);
  });
  addon.setNumThreads(2);
  for (const each of results) expect(each.equal(linear(x, weight))).toBe(true);
});

test("what is not a number stays so, and what is infinite", () => {
  const x = randn([20, 6]);
  x.select(0, 0).fill_(NaN);
  x.select(0, 1).fill_(Infinity);
  addon.bf16Products("tiles");
  const y = linear(x, randn([6, 20]).abs());
  expect(y.select(0, 0).isfinite().sum().item()).toBe(0);
  expect(y.select(0, 1).min().item()).toBe(Infinity);
  expect(y.narrow(0, 2, 18).isfinite().sum().item()).toBe(18 * 20);
});

test("they are switched for this thread, where the processor gains by them", () => {
  expect((): unknown => Reflect.apply(addon.bf16Products, addon, ["fast"])).toThrow("no products in bfloat16 by fast");
  expect([allowBf16Products(false), addon.bf16Products("tiles"), allowBf16Products(false)]).toEqual([false, "", true]);
  expect([allowBf16Products(true), allowBf16Products(false)]).toEqual([false, hasFastBf16()]);
});
