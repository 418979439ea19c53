import { expect, test } from "vitest";

import { Generator, getRngState, manualSeed, randn, setRngState, TorchError } from "./index.js";

const draw = () => randn([5]).toArray();

test("the same seed gives the same numbers; PyTorch's", () => {
  manualSeed(0);
  const first = draw();
  expect(first).not.toEqual(draw());
  manualSeed(0n);
  expect(draw()).toEqual(first);
  const [a, b] = Array.isArray(first) ? first : [];
  expect(a).toBeCloseTo(1.5409961, 6); // torch.manual_seed(0); torch.randn(5)
  expect(b).toBeCloseTo(-0.2934289, 6);
});

test("seeds of 64 bits are taken", () => {
  manualSeed(2n ** 64n - 1n);
  const a = draw();
  manualSeed(-1);
  expect(draw()).toEqual(a);
  expect(() => manualSeed(0.5)).toThrow(TorchError);
});

test("a state that was saved draws the same again", () => {
  randn([3]); // leaves half of a pair of normal numbers in the state
  const state = getRngState();
  const a = draw();
  draw();
  setRngState(state);
  expect(draw()).toEqual(a);
});

test("a generator is a stream of its own", () => {
  using g = new Generator(7);
  const state = g.getState();
  const a = randn([5], { generator: g }).toArray();
  manualSeed(7);
  expect(draw()).toEqual(a);
  g.setState(state);
  expect(randn([5], { generator: g }).toArray()).toEqual(a);
  g.dispose();
  expect(() => randn([5], { generator: g })).toThrow(/generator is disposed/);
});

test("a state that is none is refused", () => {
  expect(() => setRngState(new Uint8Array(3))).toThrow(TorchError);
  expect(() => new Generator(1).setState(new Uint8Array(5056))).toThrow(TorchError);
  expect(() => new Generator(1, "meta")).toThrow(/is on cpu or cuda/);
});
