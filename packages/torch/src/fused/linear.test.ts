import { expect, test } from "vitest";

import { disagreements, leaf, numbers } from "../../test/kernel-checks.js";
import { randn } from "../create.js";
import { linear } from "../functional.js";
import { manualSeed } from "../random.js";

test.each([
  [1, 3, 5],
  [1, 1030, 1100], // a weight so large that its rows are shared among the threads
  [11, 1030, 1100],
  [15, 37, 70],
  [16, 3, 5],
  [65, 20, 30],
])("a linear map of %i rows, %i to %i", (n, c, d) => {
  manualSeed(10);
  const [x, w, b] = [leaf(c, n), leaf(d, c), leaf(d)];
  const compute = () => [linear(x.t(), w, b), linear(x.t(), w)];
  expect(disagreements(compute, compute, [x, w, b])).toEqual([]);
  const stored = leaf(c, d); // (in, out), as GPT-2 has it
  const other = () => [linear(x.t(), stored.t(), b)];
  const rows = leaf(1, c); // one row in memory for many
  const expanded = () => [linear(rows.expand([n, c]), w, b)];
  expect(disagreements(expanded, expanded, [rows, w, b])).toEqual([]);
  expect(disagreements(other, other, [x, stored, b])).toEqual([]);
  const unlearned = [stored.detach(), b.detach()] as const;
  const frozen = () => [linear(x.t(), unlearned[0].t(), unlearned[1])];
  expect(disagreements(frozen, frozen, [x])).toEqual([]);
});

test.each([
  [35, 70],
  [300, 1100], // rows and columns that no block divides
  [1030, 1100],
])("a row comes out of a linear map of %i to %i the same beside any other rows", (c, d) => {
  manualSeed(12);
  for (const weight of [randn([d, c]), randn([c, d]).t()]) {
    const [x, b] = [randn([64, c]), randn([d])];
    const alone = Array.from({ length: 64 }, (_, row) => numbers(linear(x.narrow(0, row, 1), weight, b)));
    for (const n of [2, 3, 8, 11, 12, 13, 16, 31, 64]) {
      for (const first of [0, 64 - n]) {
        const together = linear(x.narrow(0, first, n), weight, b);
        for (const row of [0, 1, n - 1]) expect(numbers(together.select(0, row))).toEqual(alone[first + row]);
      }
    }
  }
});
