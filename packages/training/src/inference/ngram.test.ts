import { randomOf } from "@trainer/testing";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { CountTable } from "./count-table.js";
import { NgramModel } from "./ngram.js";

const ids = fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 40 });

test("after any tokens the probabilities of all that may follow are 1 together", () => {
  fc.assert(
    fc.property(fc.array(ids, { minLength: 1, maxLength: 5 }), ids, (texts, before) => {
      const model = new NgramModel(texts, 7);
      const known = model.bits(before);
      const sum = [0, 1, 2, 3, 4, 5, 6].reduce((all, id) => all + 2 ** (known - model.bits([...before, id])), 0);
      expect(sum).toBeCloseTo(1, 9);
    }),
  );
});

test("what was not read is as likely as anything, and what was read is expected", () => {
  expect(new NgramModel([], 8).bits([1, 2])).toBeCloseTo(6);
  const text = Array.from({ length: 300 }, (_, i) => i % 3);
  expect(new NgramModel([text], 8).bits([0, 1, 2, 0, 1, 2])).toBeLessThan(1);
});

test("by hand: one token twice and another once, each after the beginning", () => {
  // Order 1 by continuation: both followed the beginning alone, 1 of 2 each; discounts 2/2 -> (1 - 1) / 2 + 1 * 2 / 2 * 1 / 4.
  const model = new NgramModel([[0], [0], [1]], 4);
  // Orders 2 to 4 the same; order 5: counts 2 and 1 of 3, discount 1 / (1 + 2 * 1).
  const below = 1 / 4;
  expect(2 ** -model.bits([0])).toBeCloseTo((2 - 1 / 3) / 3 + ((1 / 3) * 2 * below) / 3, 9);
  expect(2 ** -model.bits([1])).toBeCloseTo((1 - 1 / 3) / 3 + ((1 / 3) * 2 * below) / 3, 9);
  expect(2 ** -model.bits([2])).toBeCloseTo(((1 / 3) * 2 * below) / 3, 9);
});

test("noise has the entropy of noise, for whoever has read much of it", () => {
  const random = randomOf(5);
  const noise = (length: number) => Array.from({ length }, () => Math.floor(4 * random()));
  const bits = new NgramModel([noise(20_000)], 4).bits(noise(2000)) / 2000;
  expect(bits).toBeGreaterThan(1.98);
  expect(bits).toBeLessThan(2.1);
});

test("a table counts each key for itself, however many there are", () => {
  const table = new CountTable(4);
  for (let i = 0; i < 5000; i += 1)
    for (let times = 0; times <= i % 3; times += 1) table.add(i % 100, Math.floor(i / 100));
  expect([table.get(0, 0), table.get(1, 0), table.get(2, 0), table.get(0, 51), table.get(-1, 0)]).toEqual([
    1, 2, 3, 0, 0,
  ]);
  expect([1, 2, 3, 4].map((count) => table.having(count))).toEqual([1667, 1667, 1666, 0]);
});
