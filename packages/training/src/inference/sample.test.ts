import { noGrad, scope, tensor } from "@trainer/torch";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { Random } from "../corpus/random.js";
import { atLeast, draw, sample, withinMass, type Sampling } from "./sample.js";

const fixed = (u: number) => ({ next: () => u });
const sampled = (logits: readonly number[], sampling: Sampling, random: { next(): number }) =>
  scope(() => noGrad(() => sample(tensor(Float32Array.from(logits), [logits.length]), sampling, random)));

/** Frequency of each id in `n` draws. */
function frequencies(logits: readonly number[], sampling: Sampling, n: number): Map<number, number> {
  const random = new Random(3);
  const counts = new Map<number, number>();
  for (let i = 0; i < n; i += 1) {
    const id = sampled(logits, sampling, random);
    counts.set(id, (counts.get(id) ?? 0) + 1 / n);
  }
  return counts;
}

/** The ids that can come at all: the draws of many evenly spread random numbers. */
const reachable = (logits: readonly number[], sampling: Sampling) => {
  const ids = Array.from({ length: 400 }, (_, i) => sampled(logits, sampling, fixed((i + 0.5) / 400)));
  return [...new Set(ids)].toSorted((a, b) => a - b);
};

const LOGITS = [0.5, 3, -1, 2, 2.5, -40, 1];
const plain = { temperature: 1, topK: 0, topP: 1, minP: 0 };

test("temperature 0 takes the likeliest, whatever the random number and the cuts", () => {
  for (const u of [0, 0.5, 0.999]) {
    expect(sampled(LOGITS, { temperature: 0, topK: 3, topP: 0.5, minP: 0.3 }, fixed(u))).toBe(1);
  }
});

test.each([1e-3, 1e-12, 1e-37, 1e-45, 1e-300])(
  "a temperature of %d draws the likeliest, and overflows nothing",
  (temperature) => {
    const large = [...LOGITS, ...Array.from({ length: 2000 }, () => -100)];
    for (const logits of [LOGITS, large]) {
      for (const u of [0, 0.5, 1 - 2 ** -53]) expect(sampled(logits, { ...plain, temperature }, fixed(u))).toBe(1);
    }
  },
);

test("top-k leaves the k likeliest; 0, or more than there are, leaves all", () => {
  expect(reachable(LOGITS, { ...plain, topK: 1 })).toEqual([1]);
  expect(reachable(LOGITS, { ...plain, topK: 3 })).toEqual([1, 3, 4]);
  expect(reachable(LOGITS, { ...plain, topK: 0 })).toEqual([0, 1, 2, 3, 4, 6]);
  expect(reachable(LOGITS, { ...plain, topK: 100 })).toEqual([0, 1, 2, 3, 4, 6]);
});

test("top-p leaves the likeliest until their probabilities exceed p; 0 leaves the first alone, 1 leaves all", () => {
  const quarters = [0.125, 0.5, 0.25, 0.125].map(Math.log);
  expect(reachable(quarters, { ...plain, topP: 0.01 })).toEqual([1]);
  expect(reachable(quarters, { ...plain, topP: 0.49 })).toEqual([1]);
  expect(reachable(quarters, { ...plain, topP: 0.7 })).toEqual([1, 2]);
  expect(reachable(quarters, { ...plain, topP: 0.95 })).toEqual([0, 1, 2, 3]);
  expect(reachable(quarters, { ...plain, topP: 0 })).toEqual([1]);
  expect(reachable(quarters, { ...plain, topP: 1 })).toEqual([0, 1, 2, 3]);
});

test("min-p leaves what is likely enough beside the likeliest, after the other cuts", () => {
  const shares = [0.1, 0.5, 0.3, 0.06, 0.04].map(Math.log);
  expect(reachable(shares, { ...plain, minP: 0.15 })).toEqual([0, 1, 2]);
  expect(reachable(shares, { ...plain, minP: 1 })).toEqual([1]);
  expect(reachable(shares, { ...plain, topK: 4, minP: 0.1 })).toEqual([0, 1, 2, 3]);
  expect(reachable(shares, { ...plain, topP: 0.7, minP: 0.1 })).toEqual([1, 2]);
  const flat = Array.from({ length: 3000 }, (_, i) => -i / 1000); // a third of the likeliest: after 1098
  expect(Math.abs(sampled(flat, { ...plain, minP: 1 / 3 }, fixed(1 - 1e-9)) - 1098)).toBeLessThanOrEqual(1);
});

test("a large vocabulary is drawn from as a small one is", () => {
  const large = [...LOGITS, ...Array.from({ length: 2000 }, () => -100)];
  const both = [
    { topK: 4, topP: 0.6 },
    { topK: 3, topP: 0.8 },
  ]; // of the three all but one, of all the three
  for (const cuts of [{}, { topK: 3 }, ...both, { topP: 0.8 }, { minP: 0.2 }, { topK: 5, minP: 0.1 }]) {
    const sampling = { ...plain, temperature: 0.9, ...cuts };
    for (let u = 0.005; u < 1; u += 0.01) {
      expect(sampled(large, sampling, fixed(u))).toBe(sampled(LOGITS, sampling, fixed(u)));
    }
  }
});

test("of equally likely tokens each comes, and no more than top-k of them", () => {
  expect(reachable([2, 1, 2, 2, -40], { ...plain, topK: 3 })).toEqual([0, 2, 3]);
  expect(reachable([2, 2, 2, 2], { ...plain, topK: 2 })).toHaveLength(2);
  const came = frequencies([1, 1, 1, -40], { ...plain, topP: 0.99 }, 9000);
  expect([0, 1, 2].map((id) => Math.round((came.get(id) ?? 0) * 10))).toEqual([3, 3, 3]);
});

test("of weights that fall, min-p leaves those of its share of the first", () => {
  expect([...atLeast(Float64Array.of(0.5, 0.25, 0.125), 0.5)]).toEqual([0.5, 0.25]); // at the share itself too
  const weights = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 50 });
  fc.assert(
    fc.property(weights, fc.double({ min: 0, max: 1, noNaN: true }), (values, share) => {
      const sorted = Float64Array.from(values).sort().reverse();
      expect([...atLeast(sorted, share)]).toEqual([...sorted].filter((w) => w >= share * (sorted[0] ?? 0)));
    }),
  );
});

test("a nucleus is found in a vocabulary larger than what is sorted first", () => {
  const flat = Array.from({ length: 3000 }, (_, i) => -i / 3000); // half the mass takes over a thousand tokens
  const weights = flat.map(Math.exp);
  const total = weights.reduce((a, b) => a + b);
  for (const topP of [0.5, 0.1]) {
    const last = sampled(flat, { ...plain, topP }, fixed(1 - 1e-9));
    let mass = 0;
    const expected = weights.findIndex((weight) => (mass += weight / total) > topP);
    expect(Math.abs(last - expected)).toBeLessThanOrEqual(1);
  }
});

test("cuts that leave every token of a large vocabulary leave all of it, also where rounding keeps the sum below p", () => {
  for (const size of [1500, 3000, 4096, 5000]) {
    const flat = Array.from({ length: size }, (_, i) => -i / size);
    for (const cut of [{ topP: 1 - 2 ** -53 }, { minP: 1e-9 }]) {
      const last = sampled(flat, { ...plain, ...cut }, fixed(1 - 1e-9));
      expect(Math.abs(last - (size - 1))).toBeLessThanOrEqual(1);
      expect(sampled(flat, { ...plain, ...cut }, fixed(0))).toBe(0);
    }
  }
});

test("the mass of a nucleus is that of the smallest beginning above p", () => {
  expect([...withinMass(Float64Array.of(0.5, 0.25, 0.25), 0.5)]).toEqual([0.5, 0.25]); // half is not above a half
  const weights = fc.array(fc.double({ min: 1e-3, max: 1, noNaN: true }), { minLength: 1, maxLength: 50 });
  fc.assert(
    fc.property(weights, fc.double({ min: 0, max: 0.999, noNaN: true }), (values, p) => {
      const sorted = Float64Array.from(values).sort().reverse();
      const mass = p * sorted.reduce((a, b) => a + b, 0);
      const kept = withinMass(sorted, mass);
      const sum = (part: Float64Array) => part.reduce((a, b) => a + b, 0);
      expect(kept.length).toBeGreaterThan(0);
      expect(sum(kept)).toBeGreaterThan(mass);
      expect(sum(kept.subarray(0, -1))).toBeLessThanOrEqual(mass);
    }),
  );
});

test("tokens come as often as their probability says: temperature first, then top-k, then top-p", () => {
  // Halved by the temperature the logits are 4, 3 and 2, and 0, which top-k takes away. The first two of the three have
  // 0.91 of their mass and so exceed top-p; of all four they would have 0.89, and the third would stay.
  const came = frequencies([0, 8, 6, 4], { temperature: 2, topK: 3, topP: 0.9, minP: 0 }, 20_000);
  expect(new Set(came.keys())).toEqual(new Set([1, 2]));
  expect(came.get(1)).toBeCloseTo(Math.E / (Math.E + 1), 1.7);
  const all = frequencies([0, 1, 2], plain, 20_000);
  expect(all.get(2)).toBeCloseTo(Math.E ** 2 / (1 + Math.E + Math.E ** 2), 1.7);
});

test("a draw never gives a place of no weight, at the ends of the random range either", () => {
  const weights = Float64Array.from([0, 1, 0, 2, 0]);
  expect(draw(weights, fixed(0))).toBe(1);
  expect(draw(weights, fixed(1 / 3 - 1e-9))).toBe(1);
  expect(draw(weights, fixed(1 / 3))).toBe(3);
  expect(draw(weights, fixed(1 - 2 ** -53))).toBe(3);
});
