import { afterEach, expect, test } from "vitest";

import { difference, numbers } from "../../test/kernel-checks.js";
import { empty, randn, tensor, zeros } from "../create.js";
import { linear } from "../functional.js";
import { lstm } from "../nn/index.js";
import { Params } from "../params.js";
import { manualSeed } from "../random.js";
import { numThreads, setNumThreads } from "../runtime.js";
import { noGrad } from "../scope.js";
import type { Tensor } from "../tensor.js";
import { lstmToken, useFusedKernels } from "./index.js";

const threads = numThreads();
afterEach(() => {
  useFusedKernels(true);
  setNumThreads(threads);
});

/** A model with random weights, and how it reads tokens from random states. */
function model(vocab: number, width: number, hidden: number, layers: number) {
  manualSeed(1);
  const rnn = lstm(new Params(), width, hidden, layers);
  const [table, head, headBias] = [randn([vocab, width]), randn([vocab, hidden]), randn([vocab])];
  const whole = { table, weights: rnn.weights, head, headBias };
  const start = { h: randn([layers, 16, hidden]).mul(0.5), c: randn([layers, 16, hidden]) };
  const startOf = (rows: readonly number[]) => {
    const index = tensor(rows, [rows.length], { dtype: "int64" });
    return { h: start.h.indexSelect(1, index), c: start.c.indexSelect(1, index) };
  };
  return {
    whole,
    startOf,
    /** Logits, then the states after them. */
    token(ids: readonly number[], rows: readonly number[]): Float64Array[] {
      const { h, c } = startOf(rows);
      const logits = noGrad(() => lstmToken(ids, whole, { h, c }));
      return [logits ?? empty([0]), h, c].map(numbers);
    },
    reference(ids: readonly number[], rows: readonly number[]): Float64Array[] {
      return noGrad(() => {
        useFusedKernels(false);
        const tokens = tensor(ids, [ids.length, 1], { dtype: "int64" });
        const { y, h, c } = rnn({ table, ids: tokens }, startOf(rows));
        const found = [linear(y.select(1, 0), head, headBias), h, c].map(numbers);
        useFusedKernels(true);
        return found;
      });
    },
  };
}

const upTo = (n: number) => Array.from({ length: n }, (_, i) => i);

test.each([
  [3, 1, 1, 1],
  [70, 5, 17, 3],
  [33, 40, 32, 2],
  [97, 16, 130, 1],
])("a token through %i ids, %i wide, %i hidden units, %i layers", (vocab, width, hidden, layers) => {
  const { token, reference } = model(vocab, width, hidden, layers);
  for (const batch of [1, 2, 3, 7, 16]) {
    const ids = upTo(batch).map((i) => (i * 5 + 2) % vocab);
    setNumThreads(2);
    const found = token(ids, upTo(batch));
    expect(difference(found, reference(ids, upTo(batch)))).toBeLessThan(2e-5);
    expect(difference(token(ids, upTo(batch)), found)).toBe(0);
    setNumThreads(1);
    expect(difference(token(ids, upTo(batch)), found)).toBe(0);
    for (const row of upTo(batch)) {
      const alone = token(ids.slice(row, row + 1), [row]);
      const own = found.map((values, i) => {
        const each = i === 0 ? vocab : hidden;
        return values.filter((_, j) => Math.floor(j / each) % batch === row);
      });
      expect(difference(alone, own)).toBe(0);
    }
  }
});

test("with the kernels off, or in another type, there is none, and the state stays", () => {
  const { whole, startOf } = model(5, 3, 4, 1);
  const state = startOf([0]);
  const before = numbers(state.h);
  useFusedKernels(false);
  expect(lstmToken([1], whole, state)).toBeNull();
  useFusedKernels(true);
  expect(lstmToken([1], whole, { h: state.h.to("float64"), c: state.c })).toBeNull();
  expect(numbers(state.h)).toEqual(before);
});

test("what does not fit is refused before anything is read", () => {
  const { whole, startOf } = model(5, 3, 4, 2);
  const state = startOf([0, 1]);
  const run = (ids: number[], changed: Partial<typeof whole> = {}, start = state) => {
    return () => lstmToken(ids, { ...whole, ...changed }, start);
  };
  const replaced = (i: number, weight: Tensor) => ({ weights: whole.weights.map((w, j) => (i === j ? weight : w)) });
  expect(run([1])).toThrow(/must be contiguous and fit: 1/);
  expect(run([1, 2], {}, { ...state, c: zeros([2, 2, 5]) })).toThrow(/must be contiguous and fit/);
  expect(run([1, 2], { head: randn([4, 5]).t() })).toThrow(/must be contiguous and fit/);
  expect(run([1, 5])).toThrow(/id 5 is outside 0 to 4/);
  expect(run([-1, 0])).toThrow(/id -1/);
  expect(run([1, 2], { weights: whole.weights.slice(1) })).toThrow(/4 weights for each of 2 layers, not 7/);
  expect(run([1, 2], replaced(4, randn([16, 3])))).toThrow(/weight 4 must/);
  expect(run([1, 2], replaced(1, randn([4, 16]).t()))).toThrow(/weight 1 must/);
  expect(run([1, 2], replaced(7, randn([15])))).toThrow(/weight 7 must/);
  expect(run([1, 2], { headBias: randn([4]) })).toThrow(/head_bias must have 5/);
});
