import { expect, test } from "vitest";

import { difference, disagreements, leaf, numbers, valuesAndGradients } from "../../test/kernel-checks.js";
import { randint, randn, tensor, zeros } from "../create.js";
import { lstm } from "../nn/index.js";
import { Params } from "../params.js";
import { manualSeed } from "../random.js";
import { noGrad } from "../scope.js";
import type { Tensor } from "../tensor.js";
import { lstmRecurrence, lstmRecurrenceReference, useFusedKernels } from "./index.js";

type Recur = typeof lstmRecurrence;

/** Weights as they are drawn, so that gates are neither shut nor linear. */
const layer = (hidden: number) => {
  const weight = leaf(hidden, 4 * hidden);
  const bias = leaf(4 * hidden);
  return { leaves: [weight, bias], scaled: () => ({ weight: weight.mul(1 / Math.sqrt(hidden)).t(), bias }) };
};

test.each([
  [1, 1, 1],
  [1, 1, 33],
  [1, 9, 16],
  [3, 1, 5],
  [5, 7, 17], // rows by fours and one by one, units beside a whole vector
  [13, 4, 70],
  [2, 3, 300], // a panel deeper than a block
])("the recurrence of %i sequences of %i tokens, %i hidden units", (batch, steps, hidden) => {
  manualSeed(1);
  const inputs = leaf(steps, batch, 4 * hidden);
  const [h, c] = [leaf(hidden, batch), leaf(batch, hidden)];
  const { leaves, scaled } = layer(hidden);
  const compute = (recur: Recur) => () => {
    const { y, h: last, c: cell } = recur(inputs.transpose(0, 1), null, scaled(), { h: h.t(), c });
    return [y, last, cell];
  };
  const all = [inputs, ...leaves, h, c];
  expect(disagreements(compute(lstmRecurrence), compute(lstmRecurrenceReference), all)).toEqual([]);
  for (const i of [0, 1, 2]) {
    const one = (recur: Recur) => () => compute(recur)().slice(i, i + 1);
    expect(disagreements(one(lstmRecurrence), one(lstmRecurrenceReference), all)).toEqual([]);
  }
  expect(numbers(noGrad(compute(lstmRecurrence))[0] ?? zeros([0]))).toEqual(
    numbers(compute(lstmRecurrence)()[0] ?? zeros([0])),
  );
});

test.each([
  [1, 1, 1, 1],
  [4, 9, 5, 7],
  [16, 11, 24, 20],
])("input products from a table: %i sequences of %i tokens, %i hidden units, %i rows", (batch, steps, hidden, rows) => {
  manualSeed(2);
  const table = leaf(rows, 4 * hidden);
  const ids = randint(0, rows, [steps, batch]).t();
  const { leaves, scaled } = layer(hidden);
  const compute = (recur: Recur) => () => {
    const { y, c } = recur(table, ids, scaled(), { h: zeros([batch, hidden]), c: zeros([batch, hidden]) });
    return [y, c];
  };
  expect(disagreements(compute(lstmRecurrence), compute(lstmRecurrenceReference), [table, ...leaves])).toEqual([]);
});

test("gradients reach what needs one, and nothing else", () => {
  manualSeed(3);
  const inputs = randn([2, 3, 16]);
  const start = { h: randn([2, 4]), c: randn([2, 4]) };
  const [weight, bias] = [leaf(16, 4), leaf(16)];
  const all = valuesAndGradients(() => [lstmRecurrence(inputs, null, { weight, bias }, start).y], [weight, bias]);
  weight.requiresGrad = false;
  const some = valuesAndGradients(() => [lstmRecurrence(inputs, null, { weight, bias }, start).y], [bias]);
  expect(
    difference(
      some,
      [all[0], all[2]].flatMap((values) => values ?? []),
    ),
  ).toBe(0);
});

test("a sequence comes out the same whatever others are beside it", () => {
  manualSeed(4);
  const inputs = randn([21, 5, 4 * 40]);
  const scaled = { weight: randn([160, 40]).mul(0.2), bias: randn([160]) };
  const run = (x: Tensor) => {
    const start = () => zeros([x.size(0), 40]);
    return lstmRecurrence(x, null, scaled, { h: start(), c: start() }).y;
  };
  const together = run(inputs);
  for (const row of [0, 7, 8, 15, 16, 20]) {
    expect(numbers(run(inputs.narrow(0, row, 1)))).toEqual(numbers(together.narrow(0, row, 1)));
  }
});

test("gates that are shut or wide open, and what is not a number, come out as they are", () => {
  const run = (value: number) => {
    const inputs = tensor([value, 0, value, value], [1, 1, 4]);
    const start = { h: zeros([1, 1]), c: tensor([2], [1, 1]) };
    return lstmRecurrence(inputs, null, { weight: zeros([4, 1]), bias: zeros([4]) }, start).y.item();
  };
  expect(run(100)).toBeCloseTo(Math.tanh(2), 6);
  expect(run(-100)).toBeCloseTo(0, 30);
  expect(run(NaN)).toBeNaN();
});

test("the recurrence refuses shapes that do not fit and rows that are not in the table", () => {
  const recurrence = { weight: randn([8, 2]), bias: randn([8]) };
  const start = { h: zeros([3, 2]), c: zeros([3, 2]) };
  const ids = (...values: number[]) => tensor(values, [3, 1], { dtype: "int64" });
  const run = (x: Tensor, rows: Tensor | null = null, state = start) => lstmRecurrence(x, rows, recurrence, state);
  expect(() => run(randn([3, 1, 9]))).toThrow(/do not fit/);
  expect(() => run(randn([2, 1, 8]))).toThrow(/3 states and inputs of \[2, 1, 8\]/);
  expect(() => run(randn([3, 0, 8]))).toThrow(/inputs of \[3, 0, 8\]/);
  expect(() => run(randn([3, 1, 8]), null, { ...start, c: zeros([3, 1]) })).toThrow(/do not fit/);
  expect(() => run(randn([5, 8]), ids(0, 5, 1))).toThrow(/row 5 is outside 0 to 4/);
  expect(() => run(randn([5, 8]), ids(0, -1, 1))).toThrow(/row -1/);
  expect(() => run(randn([5, 8]), randn([3, 1]))).toThrow(/int64/);
});

test.each([
  [3, 12],
  [9, 4], // fewer rows in the table than tokens
])("layers over a table of %i rows are PyTorch's", (rows, steps) => {
  manualSeed(5);
  const params = new Params();
  const rnn = lstm(params, 6, 10, 3);
  const table = leaf(rows, 6);
  const ids = randint(0, rows, [2, steps]);
  const [h, c] = [leaf(3, 2, 10), leaf(3, 2, 10)];
  const values = (fused: boolean) => {
    useFusedKernels(fused);
    const found = valuesAndGradients(() => {
      const after = rnn({ table, ids }, { h, c });
      return [after.y, after.h, after.c];
    }, [table, h, c, ...params.list()]);
    useFusedKernels(true);
    return found;
  };
  expect(difference(values(true), values(false))).toBeLessThan(2e-5);
});
