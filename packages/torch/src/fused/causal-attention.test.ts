import { expect, test } from "vitest";

import { difference, disagreements, leaf, numbers, valuesAndGradients } from "../../test/kernel-checks.js";
import { cat, randn, zeros } from "../create.js";
import { manualSeed } from "../random.js";
import { noGrad } from "../scope.js";
import type { Tensor } from "../tensor.js";
import { causalAttention, causalAttentionReference } from "./index.js";

test.each([
  [1, 1, 1, 1],
  [2, 7, 3, 5],
  [1, 257, 3, 20], // five blocks of queries, the last of one
  [2, 64, 2, 64],
])("causal attention of %i x %i tokens, %i heads of %i", (batch, length, heads, headSize) => {
  manualSeed(6);
  const qkv = leaf(batch, 3 * heads * headSize, length);
  expect(
    disagreements(
      () => [causalAttention(qkv.transpose(1, 2), { heads })],
      () => [causalAttentionReference(qkv.transpose(1, 2), { heads }, 0)],
      [qkv],
    ),
  ).toEqual([]);
});

test.each([
  [1, 1, 1, 1, 2],
  [2, 7, 6, 2, 6],
  [1, 130, 4, 1, 20], // three blocks of queries
  [3, 70, 4, 2, 64],
])(
  "of %i x %i tokens, %i heads with %i of keys, of %i: normed, turned, shared",
  (batch, length, heads, kvHeads, size) => {
    manualSeed(6);
    const qkv = leaf(batch, (heads + 2 * kvHeads) * size, length);
    const [q, k] = [leaf(size), leaf(size)];
    const angles = randn([length, size / 2]);
    const rotation = { cos: cat([angles.cos(), angles.cos()], -1), sin: cat([angles.sin(), angles.sin()], -1) };
    const headNorms = { q, k, eps: 1e-3 };
    for (const layout of [
      { heads, kvHeads },
      { heads, kvHeads, rotation },
      { heads, kvHeads, headNorms },
      { heads, kvHeads, rotation, headNorms },
    ]) {
      const fused = () => [causalAttention(qkv.transpose(1, 2), layout)];
      const plain = () => [causalAttentionReference(qkv.transpose(1, 2), layout, 0)];
      expect(disagreements(fused, plain, "headNorms" in layout ? [qkv, q, k] : [qkv])).toEqual([]);
      expect(noGrad(() => fused().map(numbers))).toEqual(fused().map(numbers));
    }
  },
);

test("what queries share keys with draws a mask of its own", () => {
  manualSeed(9);
  const one = randn([1, 40, 8]);
  const qkv = cat([one, one, randn([1, 40, 16])], -1); // two equal heads of queries, one of keys and of values
  const out = causalAttention(qkv, { heads: 2, kvHeads: 1 }, { dropout: 0.5 });
  expect(numbers(out.narrow(-1, 0, 8))).not.toEqual(numbers(out.narrow(-1, 8, 8)));
});

test("attention drops weights, not outputs, and its gradient meets the same mask", () => {
  manualSeed(7);
  const [length, size] = [48, 48];
  const values = zeros([length, size]); // the identity, so that the outputs are the weights
  for (let i = 0; i < length; i += 1) values.select(0, i).select(0, i).fill_(1);
  const qk = leaf(1, length, 2 * size);
  const drop = (v: Tensor) => {
    manualSeed(8);
    const qkv = zeros([1, length, 3 * size]);
    qkv.narrow(2, 0, 2 * size).copy_(qk);
    qkv.narrow(2, 2 * size, size).copy_(v.unsqueeze(0));
    return causalAttention(qkv, { heads: 1 }, { dropout: 0.4 });
  };
  const whole = causalAttentionReference(withValues(qk, values), { heads: 1 }, 0).detach();
  const kept = drop(values).detach().ne(0); // (1, T, T)
  const factor = kept.to("float32").mul(1 / 0.6);
  expect(difference([numbers(drop(values))], [numbers(whole.mul(factor))])).toBeLessThan(1e-5);
  expect(kept.to("float32").sum().item() / ((length * (length + 1)) / 2)).toBeCloseTo(0.6, 1);
  // Through a linear function of the weights the gradient of q and k is that of the masked weights.
  const found = valuesAndGradients(() => [drop(values)], [qk]);
  const wanted = valuesAndGradients(
    () => [causalAttentionReference(withValues(qk, values), { heads: 1 }, 0).mul(factor)],
    [qk],
  );
  expect(difference(found, wanted)).toBeLessThan(2e-5);
});

/** (1, T, 2 C) and (T, C) side by side. */
function withValues(qk: Tensor, values: Tensor): Tensor {
  const qkv = zeros([1, qk.size(1), (qk.size(2) / 2) * 3]);
  qkv.narrow(2, 0, qk.size(2)).copy_(qk);
  qkv.narrow(2, qk.size(2), values.size(1)).copy_(values.unsqueeze(0));
  return qkv;
}
