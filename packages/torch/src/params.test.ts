import { expect, test } from "vitest";

import { dropout, init, manualSeed, nn, ones, Params, randint, scope, tensor, zeros } from "./index.js";

test("parameters are registered under dotted names in the order they are made", () => {
  const p = new Params();
  const h = p.at("h").at("0");
  const w = h.at("attn").param("weight", [2, 3], init.ones);
  const b = h.param("bias", [3], init.zeros);
  p.param("last", [1], init.uniform(0.5));
  expect([...p.named().keys()]).toEqual(["h.0.attn.weight", "h.0.bias", "last"]);
  expect(p.list().slice(0, 2)).toEqual([w, b]);
  expect(p.count()).toBe(10);
  expect(w.requiresGrad).toBe(true);
  expect(w.toArray()).toEqual([
    [1, 1, 1],
    [1, 1, 1],
  ]);
  expect(() => p.param("last", [1], init.zeros)).toThrow("there is a parameter last already");
});

test("init draws what it says", () => {
  manualSeed(1);
  const p = new Params({ dtype: "float64" });
  const n = p.param("n", [10_000], init.normal(0.02));
  const u = p.param("u", [10_000], init.uniform(0.1));
  expect(n.dtype).toBe("float64");
  expect(n.pow(2).mean().sqrt().item()).toBeCloseTo(0.02, 3);
  expect(u.abs().max().item()).toBeLessThanOrEqual(0.1);
  expect(u.mean().item()).toBeCloseTo(0, 2);
});

test("on the meta device a large model has shapes and no memory", () => {
  const p = new Params({ device: "meta" });
  const layer = nn.linear(p.at("l"), 2 ** 20, 2 ** 20);
  expect(layer(zeros([1, 2 ** 20], { device: "meta" })).shape).toEqual([1, 2 ** 20]);
  expect(p.count()).toBe(2 ** 40 + 2 ** 20);
});

test("parameters made in a scope outlive it", () => {
  const p = new Params();
  scope(() => nn.layerNorm(p.at("ln"), 4));
  expect(p.named().get("ln.weight")?.toArray()).toEqual([1, 1, 1, 1]);
});

test("load copies a state in, or lists every mismatch in one error", () => {
  const p = new Params();
  const a = p.param("a", [2], init.zeros);
  p.param("b", [2], init.zeros);
  p.load(
    new Map([
      ["a", tensor([1, 2])],
      ["b", tensor([3, 4])],
    ]),
  );
  expect(a.toArray()).toEqual([1, 2]);
  expect(a.requiresGrad).toBe(true);
  expect(() =>
    p.load(
      new Map([
        ["a", ones([3])],
        ["c", ones([1])],
      ]),
    ),
  ).toThrow(/a is \(3\) where \(2\) is needed; b is missing; c is not part of it/);
  expect(a.toArray()).toEqual([1, 2]);
});

test("layers have the shapes and names of their checkpoints", () => {
  const p = new Params();
  const table = nn.embedding(p.at("wte"), 10, 4);
  const linear = nn.linear(p.at("linear"), 4, 6);
  const bare = nn.linear(p.at("bare"), 4, 6, { bias: false, std: 1 });
  const conv = nn.conv1d(p.at("conv"), 4, 6);
  const norm = nn.layerNorm(p.at("ln"), 4, { eps: 1e-3 });
  const rms = nn.rmsNorm(p.at("rms"), 4);
  const shapes = Object.fromEntries([...p.named()].map(([name, t]) => [name, t.shape]));
  expect(shapes).toEqual({
    "wte.weight": [10, 4],
    "linear.weight": [6, 4],
    "linear.bias": [6],
    "bare.weight": [6, 4],
    "conv.weight": [4, 6],
    "conv.bias": [6],
    "ln.weight": [4],
    "ln.bias": [4],
    "rms.weight": [4],
  });
  expect(rms.eps).toBe(1e-6);
  const x = norm(table(randint(0, 10, [2, 3])));
  expect(x.shape).toEqual([2, 3, 4]);
  expect(linear(x).shape).toEqual([2, 3, 6]);
  expect(bare.bias).toBeNull();
  expect(bare(x).shape).toEqual([2, 3, 6]);
  const expected = x.matmul(conv.weight).add(conv.bias ?? zeros([6]));
  expect(conv(x).allclose(expected, { atol: 1e-6 })).toBe(true);
});

test("dropout zeroes while training and scales the rest, so that the mean stays", () => {
  manualSeed(3);
  const x = ones([20_000]);
  const y = dropout(x, 0.25, true);
  expect(y.eq(0).to("float32").mean().item()).toBeCloseTo(0.25, 1);
  expect(y.max().item()).toBeCloseTo(4 / 3, 5);
  expect(dropout(x, 0.25, false)).toBe(x);
  expect(dropout(x, 0, true)).toBe(x);
});

test("the norm by the root mean square divides by it, its weight being drawn as ones", () => {
  const rms = nn.rmsNorm(new Params().at("rms"), 2, { eps: 0.5 });
  expect(rms(tensor([1, 2, 0, 0], [2, 2])).toArray()).toEqual([
    [expect.closeTo(1 / Math.sqrt(3), 6), expect.closeTo(2 / Math.sqrt(3), 6)],
    [0, 0],
  ]);
});
