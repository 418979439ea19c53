import { afterEach, expect, test } from "vitest";

import { randn } from "./create.js";
import { linear } from "./fused/kernels.js";
import { measuredProducts, measureProducts } from "./runtime.js";
import type { Tensor } from "./tensor.js";

afterEach(() => measureProducts(null));

const shapes = () => (measuredProducts() ?? []).map((line) => line.slice(0, line.lastIndexOf(" ")));
const [x, weight, turned] = [randn([80, 24]), randn([24, 32]), randn([32, 24]).t()];
const apart = (a: Tensor, b: Tensor) => a.sub(b).abs().max().item();

test("nothing is measured unless it is asked for", () => {
  linear(x, weight);
  expect(measuredProducts()).toBeNull();
});

// Without AVX-512 libtorch multiplies by MKL alone, and there is nothing to choose.
test("each shape is measured once, by its layout", () => {
  const before = linear(x, weight);
  measureProducts([]);
  expect(apart(linear(x, weight), before)).toBeLessThan(1e-4);
  const first = measuredProducts();
  expect(["", "nn 80 24 32"]).toContain(shapes().join());
  linear(x, weight);
  expect(measuredProducts()).toEqual(first);
  linear(x, turned);
  expect(["", "nn 80 24 32,nt 80 24 32"]).toContain(shapes().join());
  linear(x.narrow(0, 0, 8), weight); // of few rows, by kernels of our own
  expect(shapes().length).toBeLessThan(3);
});

test.each(["mkl", "onednn"])("what is known is kept to: %s", (library) => {
  const known = [`nn 80 24 32 ${library}`, `tn 24 80 32 ${library}`];
  measureProducts(known);
  const leaf = weight.detach();
  leaf.requiresGrad = true;
  const y = linear(x, leaf);
  y.backward({ gradient: randn([80, 32]) });
  expect(measuredProducts()).toEqual(known);
  const exact = x.to("float64").mm(weight.to("float64"));
  expect(apart(y.detach().to("float64"), exact)).toBeLessThan(1e-4);
});

test.each(["", "nn 1 2", "nn 1 2 3 blas", "nx 1 2 3 mkl", "n 1 2 3 mkl", "nn 1 2 3 mkl more", "nn a 2 3 mkl"])(
  "what nobody measured is refused: %j",
  (line) => expect(() => measureProducts([line])).toThrow("this is no choice of a library for a product"),
);
