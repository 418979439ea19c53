import { expect, test } from "vitest";

import { grad, noGrad, ones, tensor, TorchError, zeros } from "./index.js";

const leaf = (values: number[]) => {
  const t = tensor(values);
  t.requiresGrad = true;
  return t;
};

test("backward sums up the gradients of the leaves", () => {
  const x = leaf([1, 2, 3]);
  expect(x.grad).toBeNull();
  x.pow(2).sum().backward();
  expect(x.grad?.toArray()).toEqual([2, 4, 6]);
  x.sum().backward();
  expect(x.grad?.toArray()).toEqual([3, 5, 7]);
  x.grad = null;
  expect(x.grad).toBeNull();
});

test("a gradient can be set, if it is like its tensor", () => {
  const x = leaf([1, 2]);
  x.grad = tensor([3, 4]);
  expect(x.grad.toArray()).toEqual([3, 4]);
  expect(() => (x.grad = zeros([3]))).toThrow(/must be like its tensor, float32 \[2\] on cpu; got float32 \[3\]/);
  expect(() => (x.grad = zeros([2], { dtype: "float64" }))).toThrow(TorchError);
  expect(() => (x.grad = x)).toThrow(/its own gradient/);
});

test("backward wants a scalar or the gradient that arrives", () => {
  const x = leaf([1, 2]);
  expect(() => x.mul(2).backward()).toThrow(/scalar/);
  x.mul(2).backward({ gradient: tensor([1, 10]) });
  expect(x.grad?.toArray()).toEqual([2, 20]);
  expect(() => zeros([]).backward()).toThrow(TorchError);
});

test("a graph is freed by backward unless it is retained", () => {
  const x = leaf([1, 2]);
  const loss = x.mul(x).sum();
  loss.backward({ retainGraph: true });
  loss.backward();
  expect(x.grad?.toArray()).toEqual([4, 8]);
  expect(() => loss.backward()).toThrow(/second time/);
});

test("noGrad records nothing", () => {
  const x = leaf([1]);
  expect(noGrad(() => x.mul(2)).requiresGrad).toBe(false);
  expect(x.mul(2).requiresGrad).toBe(true);
});

test("only floating-point leaves can require a gradient", () => {
  expect(() => (tensor([1], [1], { dtype: "int64" }).requiresGrad = true)).toThrow(/only floating-point/);
  const y = leaf([1]).mul(2);
  expect(() => (y.requiresGrad = false)).toThrow(/only a leaf/);
  expect(y.grad).toBeNull();
});

test("grad gives the gradients without touching anyone's", () => {
  const x = leaf([1, 2]);
  const unused = leaf([1]);
  const y = x.mul(3).sum();
  const [dx, none] = grad(y, [x, unused], { retainGraph: true });
  expect(dx?.toArray()).toEqual([3, 3]);
  expect(none).toBeNull();
  expect(x.grad).toBeNull();
  expect(grad(y, [x])).toHaveLength(1);
});

test("a graph of 20,000 operators runs backward", () => {
  const x = leaf([1]);
  let y = x.mul(1);
  for (let i = 0; i < 20_000; i++) y = y.add(0);
  y.sum().backward();
  expect(x.grad?.toArray()).toEqual([1]);
});

test("an in-place write to what backward needs is an error", () => {
  const x = leaf([1, 2]);
  const y = x.mul(1);
  const z = y.mul(y).sum();
  y.add_(ones([2]));
  expect(() => z.backward()).toThrow(/in-?place/i);
});
