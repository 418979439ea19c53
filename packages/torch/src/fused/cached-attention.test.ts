import { afterEach, expect, test } from "vitest";
import { randn, tensor, zeros } from "../create.js";
import { numThreads, setNumThreads } from "../runtime.js";
import { noGrad } from "../scope.js";
import type { Tensor } from "../tensor.js";
import {
  cachedAttention,
  cachedAttentionReference,
  raggedAttention,
  raggedAttentionReference,
  useFusedKernels,
} from "./index.js";

const threads = numThreads();
afterEach(() => {
  useFusedKernels(true);
  setNumThreads(threads);
});

const furthest = (a: Tensor, b: Tensor): number => a.sub(b).abs().max().item();

interface Sizes {
  readonly batch: number;
  readonly heads: number;
  readonly shared: number;
  readonly past: number;
  readonly size: number;
}

/** One more token a sequence, side by side as a projection of them gives it, and a cache that holds `past`. */
function step({ batch, heads, shared, past, size }: Sizes) {
  const width = (heads + 2 * shared) * size;
  const [q, k, v] = randn([batch, 1, width]).split([heads * size, shared * size, shared * size], -1);
  const toHeads = (x: Tensor | undefined) => (x ?? zeros([0])).unflatten(-1, [-1, size]).transpose(1, 2);
  const cache = () => randn([batch, shared, past + 5, size]);
  return { q: toHeads(q), k: toHeads(k), v: toHeads(v), keys: cache(), values: cache(), past };
}

const run = (attend: typeof cachedAttention, { q, k, v, keys, values, past }: ReturnType<typeof step>) => {
  const cache = { keys: keys.clone(), values: values.clone(), past };
  return { out: attend(q, k, v, cache), ...cache };
};

test.each([
  { batch: 1, heads: 1, shared: 1, past: 0, size: 1 },
  { batch: 1, heads: 12, shared: 12, past: 255, size: 64 },
  { batch: 3, heads: 6, shared: 2, past: 41, size: 20 },
  { batch: 16, heads: 4, shared: 1, past: 7, size: 33 },
])("attention over a cache: %o", (sizes) => {
  const given = step(sizes);
  setNumThreads(2);
  const found = run(cachedAttention, given);
  const again = run(cachedAttention, given);
  setNumThreads(1);
  const alone = run(cachedAttention, given);
  const wanted = run(cachedAttentionReference, given);
  expect(furthest(found.out, wanted.out)).toBeLessThan(2e-6);
  expect([found.keys.equal(wanted.keys), found.values.equal(wanted.values)]).toEqual([true, true]);
  expect([again.out.equal(found.out), alone.out.equal(found.out)]).toEqual([true, true]);
  useFusedKernels(false);
  expect(run(cachedAttention, given).out.equal(wanted.out)).toBe(true);
});

test("a sequence comes out the same beside others, to the bit", () => {
  const many = step({ batch: 5, heads: 4, shared: 2, past: 300, size: 24 });
  const { out } = run(cachedAttention, many);
  const row = (x: Tensor) => x.narrow(0, 3, 1);
  const { q, k, v, keys, values, past } = many;
  const one = { q: row(q), k: row(k), v: row(v), keys: row(keys).contiguous(), values: row(values).contiguous(), past };
  expect(run(cachedAttention, one).out.equal(row(out))).toBe(true);
});

test("a very likely key does not overflow", () => {
  const given = step({ batch: 1, heads: 1, shared: 1, past: 3, size: 8 });
  given.keys.mul_(1e4);
  expect(furthest(run(cachedAttention, given).out, run(cachedAttentionReference, given).out)).toBeLessThan(1e-5);
});

test("what does not fit is refused before anything is written", () => {
  const { q, k, v, keys, values, past } = step({ batch: 2, heads: 4, shared: 2, past: 3, size: 8 });
  const before = keys.clone();
  const cache = { keys, values, past };
  const refused: [() => unknown, string][] = [
    [() => cachedAttention(q, k.narrow(0, 0, 1), v, cache), "do not fit"],
    [() => cachedAttention(q.narrow(1, 0, 3), k, v, cache), "do not fit"],
    [() => cachedAttention(q, k, v, { ...cache, past: 8 }), "there is no place 8 in a cache of 8"],
    [
      () => cachedAttention(q, k, v, { ...cache, keys: keys.transpose(0, 1).contiguous().transpose(0, 1) }),
      "contiguous",
    ],
  ];
  for (const [call, why] of refused) expect(call).toThrow(why);
  expect(keys.equal(before)).toBe(true);
});

test("where a gradient is asked for there is one", () => {
  const { q, k, v, ...cache } = step({ batch: 1, heads: 2, shared: 2, past: 3, size: 8 });
  const learning = q.clone();
  learning.requiresGrad = true;
  const alone = noGrad(() => cachedAttention(learning, k, v, cache));
  const out = cachedAttention(learning, k, v, cache);
  out.sum().backward();
  expect(furthest(alone, out.detach())).toBeLessThan(2e-6);
  expect(learning.grad?.abs().sum().item()).toBeGreaterThan(0);
});

test("sequences of different lengths come out as each does alone, to the bit", () => {
  const { q, k, v, keys, values } = step({ batch: 3, heads: 4, shared: 2, past: 40, size: 24 });
  const pasts = [0, 44, 17];
  const lengths = tensor(pasts, [3], { dtype: "int64" });
  const run = (attend: typeof raggedAttention) => {
    const cache = { keys: keys.clone(), values: values.clone(), lengths };
    return { out: attend(q, k, v, cache), ...cache };
  };
  const found = run(raggedAttention);
  const wanted = run(raggedAttentionReference);
  expect(furthest(found.out, wanted.out)).toBeLessThan(2e-6);
  expect([found.keys.equal(wanted.keys), found.values.equal(wanted.values)]).toEqual([true, true]);
  for (const [row, past] of pasts.entries()) {
    const of = (x: Tensor) => x.narrow(0, row, 1);
    const cache = { keys: of(keys).clone(), values: of(values).clone(), past };
    expect(cachedAttention(of(q), of(k), of(v), cache).equal(of(found.out))).toBe(true);
    expect(cache.keys.equal(of(found.keys))).toBe(true);
  }
  useFusedKernels(false);
  expect(run(raggedAttention).out.equal(wanted.out)).toBe(true);
});

test("lengths that do not fit the cache are refused before anything is written", () => {
  const { q, k, v, keys, values } = step({ batch: 2, heads: 2, shared: 2, past: 3, size: 8 });
  const before = keys.clone();
  const at = (lengths: Tensor) => () => raggedAttention(q, k, v, { keys, values, lengths });
  expect(at(tensor([3, 8], [2], { dtype: "int64" }))).toThrow("there is no place 8 in a cache of 8");
  expect(at(tensor([3], [1], { dtype: "int64" }))).toThrow("lengths must be one int64 a sequence");
  expect(at(tensor([3, 3]))).toThrow("lengths must be one int64 a sequence");
  expect(keys.equal(before)).toBe(true);
});
