import { expect, test } from "vitest";

import { difference, disagreements, leaf, numbers } from "../../test/kernel-checks.js";
import { ones, randn, tensor } from "../create.js";
import { silu } from "../functional.js";
import { manualSeed } from "../random.js";
import { noGrad } from "../scope.js";
import { swigluMlp, swigluMlpReference } from "./index.js";

test.each([
  [1, 1, 1, 1],
  [5, 7, 9, 3],
  [17, 8, 40, 8],
  [1100, 33, 530, 20], // two chunks of rows
])("SwiGLU of (%i, %i) by %i to %i", (n, c, d, e) => {
  manualSeed(5);
  const x = leaf(c, n);
  const [gate, up, down] = [leaf(d, c), leaf(d, c), leaf(d, e)];
  const weights = { gate: { weight: gate, bias: null }, up: { weight: up, bias: null } };
  const all = () => ({ ...weights, down: { weight: down.t(), bias: null } });
  const input = () => x.t().mul(1 / Math.sqrt(c));
  const scaled = (y: ReturnType<typeof swigluMlp>) => [y.mul(1 / Math.sqrt(d))];
  const fused = () => scaled(swigluMlp(input(), all()));
  expect(disagreements(fused, () => scaled(swigluMlpReference(input(), all())), [x, gate, up, down])).toEqual([]);
  expect(noGrad(() => fused().map(numbers))).toEqual(fused().map(numbers));
});

test.each([3, 520])("SwiGLU of %i rows with biases has their gradients too", (n) => {
  manualSeed(6);
  const affine = (out: number, into: number) => ({ weight: leaf(out, into), bias: leaf(out) });
  const weights = { gate: affine(530, 6), up: affine(530, 6), down: affine(5, 530) };
  const leaves = Object.values(weights).flatMap(({ weight, bias }) => [weight, bias]);
  const x = leaf(n, 2, 6);
  expect(
    disagreements(
      () => [swigluMlp(x, weights).mul(0.04)],
      () => [swigluMlpReference(x, weights).mul(0.04)],
      [x, ...leaves],
    ),
  ).toEqual([]);
});

test("SwiGLU is right where the gate is flat, steep and out of range", () => {
  const x = tensor([-1e4, -90, -10, -1, -1e-3, 0, 1e-3, 1, 10, 90, 1e4]).unsqueeze(1); // (11, 1)
  const one = { weight: ones([1, 1]), bias: null };
  const all = { gate: one, up: one, down: one };
  expect(difference([numbers(swigluMlp(x, all))], [numbers(silu(x).mul(x))])).toBeLessThan(1e-6);
  expect(swigluMlp(tensor([NaN]).unsqueeze(1), all).item()).toBeNaN(); // a run that breaks down must show it
});

test("SwiGLU refuses shapes that do not fit", () => {
  const affine = (out: number, into: number, bias = out) => ({ weight: randn([out, into]), bias: randn([bias]) });
  const run = (gate: number[], up: number[], down: number[]) => () => {
    const [g = 1, gi = 1, gb] = gate;
    const [u = 1, ui = 1, ub] = up;
    const [d = 1, di = 1, db] = down;
    return swigluMlp(randn([2, 4]), { gate: affine(g, gi, gb), up: affine(u, ui, ub), down: affine(d, di, db) });
  };
  expect(run([8, 4], [7, 4], [4, 8])).toThrow(/swiglu_mlp: .* do not fit/);
  expect(run([8, 5], [8, 5], [4, 8])).toThrow(/swiglu_mlp: .* do not fit/);
  expect(run([8, 4], [8, 4], [4, 7])).toThrow(/swiglu_mlp: .* do not fit/);
  expect(run([8, 4, 7], [8, 4], [4, 8])).toThrow(/gate_bias must have 8 elements/);
  expect(run([8, 4], [8, 4, 7], [4, 8])).toThrow(/up_bias must have 8 elements/);
  expect(run([8, 4], [8, 4], [4, 8, 5])).toThrow(/down_bias must have 4 elements/);
});
