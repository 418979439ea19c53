import fc from "fast-check";
import { expect, test } from "vitest";
import { Random } from "./random.js";
import { argmax, keepTopK, keepTopP, sample, softmax } from "./sample.js";

const logits = Float32Array.from([0.5, 3, -1, 2, 3, -Infinity, 1]);
const fixed = (u: number) => ({ next: () => u });
const kept = (values: Float32Array, otherwise: number) =>
  [...values.entries()].filter(([, v]) => v !== otherwise).map(([i]) => i);
const float32s = fc.array(fc.integer({ min: -300, max: 300 }), { minLength: 1, maxLength: 2000 }).map(
  (values) => Float32Array.from(values, (v) => v / 8), // eighths, so that ties are common
);

test("temperature 0 takes the first of the likeliest, whatever the random number", () => {
  for (const u of [0, 0.5, 0.999]) {
    expect(sample(logits, { temperature: 0, topK: 0, topP: 0 }, fixed(u))).toBe(1);
  }
  expect(argmax(Float32Array.from([-5, -2, -2]))).toEqual({ id: 1, value: -2 });
});

test("top-k keeps the k largest, of equal ones the first, and 0 keeps all", () => {
  expect(kept(keepTopK(logits, 1), -Infinity)).toEqual([1]);
  expect(kept(keepTopK(logits, 2), -Infinity)).toEqual([1, 4]);
  expect(kept(keepTopK(logits, 3), -Infinity)).toEqual([1, 3, 4]);
  expect(keepTopK(logits, 0)).toEqual(logits);
  expect(keepTopK(logits, 100)).toEqual(logits);
});

test("top-k is what sorting gives, for any values and any k", () => {
  fc.assert(
    fc.property(float32s, fc.integer({ min: 1, max: 60 }), (values, k) => {
      const bySorting = [...values.entries()].sort(([i, a], [j, b]) => b - a || i - j).slice(0, k);
      const ids = bySorting.map(([i]) => i).sort((a, b) => a - b);
      expect(kept(keepTopK(values, k), -Infinity)).toEqual(ids);
    }),
  );
});

test("top-p keeps the likeliest until their mass exceeds p, at least one", () => {
  const weights = Float32Array.from([0.125, 0.5, 0.25, 0.125]);
  expect(kept(keepTopP(weights, 0.01), 0)).toEqual([1]);
  expect(kept(keepTopP(weights, 0.4), 0)).toEqual([1]);
  expect(kept(keepTopP(weights, 0.5), 0)).toEqual([1, 2]);
  expect(kept(keepTopP(weights, 0.8), 0)).toEqual([0, 1, 2]);
  expect(kept(keepTopP(weights, 0.9), 0)).toEqual([0, 1, 2, 3]);
  expect(keepTopP(weights, 0)).toEqual(weights);
  expect(keepTopP(weights, 1)).toEqual(weights);
});

test("top-p is the smallest set above p that sorting gives, for any weights", () => {
  fc.assert(
    fc.property(float32s, fc.double({ min: 0.01, max: 0.99, noNaN: true }), (values, p) => {
      const weights = softmax(values, argmax(values).value, 1);
      const ids: number[] = [];
      let mass = 0;
      for (const [i, w] of [...weights.entries()].sort(([i, a], [j, b]) => b - a || i - j)) {
        if (mass > p) break;
        ids.push(i);
        mass += w;
      }
      expect(kept(keepTopP(weights, p), 0)).toEqual(ids.sort((a, b) => a - b));
    }),
  );
});

test("ids come as often as their probability says, temperature first, then top-k, then top-p", () => {
  const random = new Random(3);
  const counts = new Map<number, number>();
  const n = 40_000;
  const four = Float32Array.from([0, 4, 3, 2]).map((v) => v * 2);
  for (let i = 0; i < n; i += 1) {
    const id = sample(four, { temperature: 2, topK: 3, topP: 0.9 }, random);
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  // Of e^4, e^3 and e^2 the first two hold 0.91 of the mass; with id 0 not cut first, they would hold it as well.
  expect([...counts.keys()].sort()).toEqual([1, 2]);
  const expected = Math.E / (Math.E + 1);
  expect(Math.abs((counts.get(1) ?? 0) / n - expected)).toBeLessThan(0.01);
});

test("the ends of the random range give the first and the last possible id", () => {
  const plain = { temperature: 1, topK: 0, topP: 0 };
  expect(sample(logits, plain, fixed(0))).toBe(0);
  expect(sample(logits, plain, fixed(1 - 2 ** -53))).toBe(6);
  expect(sample(Float32Array.from([1, -Infinity]), plain, fixed(1))).toBe(0);
});
