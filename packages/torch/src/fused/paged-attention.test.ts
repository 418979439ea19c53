import { afterEach, expect, test } from "vitest";
import { randn, tensor } from "../create.js";
import { numThreads, setNumThreads } from "../runtime.js";
import type { Tensor } from "../tensor.js";
import { pagedAttention, pagedAttentionReference, useFusedKernels } from "./index.js";

const threads = numThreads();
afterEach(() => {
  useFusedKernels(true);
  setNumThreads(threads);
});

const furthest = (a: Tensor, b: Tensor): number => a.sub(b).abs().max().item();
const int64 = (values: readonly number[], shape: readonly number[]) => tensor(values, shape, { dtype: "int64" });

/** Tokens of a pass: each with the pages of its sequence, and its position. */
interface Token {
  readonly own: readonly number[];
  readonly position: number;
}

/** Positions `from` to `end` of a sequence with these pages. */
const stretch = (own: readonly number[], from: number, end: number): Token[] =>
  Array.from({ length: end - from }, (_, i) => ({ own, position: from + i }));

interface Sizes {
  readonly heads: number;
  readonly shared: number;
  readonly size: number;
}

const PAGE = 4;

function given({ heads, shared, size }: Sizes, tokens: readonly Token[], pageCount: number) {
  const qkv = randn([tokens.length, 1, heads + 2 * shared, size]).transpose(1, 2);
  return {
    q: qkv.narrow(1, 0, heads),
    k: qkv.narrow(1, heads, shared),
    v: qkv.narrow(1, heads + shared, shared),
    pages: Array.from({ length: pageCount }, () => randn([3, 2, shared, PAGE, size])),
  };
}

/** A pass over some of the tokens, in copies of the pages unless they are given. */
function pass(
  attend: typeof pagedAttention,
  { q, k, v, pages }: ReturnType<typeof given>,
  tokens: readonly Token[],
  { from = 0, into = pages.map((page) => page.clone()) } = {},
) {
  const width = Math.max(...tokens.map(({ own }) => own.length));
  const table = tokens.flatMap(({ own }) => Array.from({ length: width }, (_, i) => own[i] ?? 0));
  const part = (t: Tensor) => t.narrow(0, from, tokens.length);
  const out = attend(part(q), part(k), part(v), {
    pages: into,
    layer: 1,
    table: int64(table, [tokens.length, width]),
    positions: int64(
      tokens.map(({ position }) => position),
      [tokens.length],
    ),
  });
  return { out, pages: into };
}

// Two that share their first page, one that is read from its beginning, and single tokens of two more.
const TOKENS = [
  ...stretch([0, 1, 2], 4, 11),
  ...stretch([0, 3], 5, 8),
  ...stretch([5, 4], 0, 6),
  ...stretch([6, 7], 7, 8),
  ...stretch([8], 0, 1),
];

test.each([
  { heads: 1, shared: 1, size: 1 },
  { heads: 6, shared: 6, size: 64 },
  { heads: 6, shared: 2, size: 20 },
  { heads: 4, shared: 1, size: 33 },
])("attention over pages: %o", (sizes) => {
  const data = given(sizes, TOKENS, 9);
  setNumThreads(2);
  const found = pass(pagedAttention, data, TOKENS);
  const again = pass(pagedAttention, data, TOKENS);
  setNumThreads(1);
  const single = pass(pagedAttention, data, TOKENS);
  const wanted = pass(pagedAttentionReference, data, TOKENS);
  expect(furthest(found.out, wanted.out)).toBeLessThan(2e-6);
  expect(found.pages.map((page, i) => page.equal(wanted.pages[i] ?? page.mul(2)))).toEqual(found.pages.map(() => true));
  expect([again.out.equal(found.out), single.out.equal(found.out)]).toEqual([true, true]);
  // One token after another: each is the same, to the bit.
  const into = data.pages.map((page) => page.clone());
  for (const [n, token] of TOKENS.entries()) {
    const alone = pass(pagedAttention, data, [token], { from: n, into });
    expect(alone.out.equal(found.out.narrow(0, n, 1))).toBe(true);
  }
  useFusedKernels(false);
  expect(pass(pagedAttention, data, TOKENS).out.equal(wanted.out)).toBe(true);
});

test("what does not fit is refused before anything is written", () => {
  const { q, k, v, pages } = given({ heads: 4, shared: 2, size: 8 }, stretch([0, 1], 3, 5), 2);
  const before = pages.map((page) => page.clone());
  const [table, positions] = [int64([0, 1, 0, 1], [2, 2]), int64([3, 4], [2])];
  const cache = { pages, layer: 2, table, positions };
  const refused: [() => unknown, string][] = [
    [() => pagedAttention(q, k.narrow(0, 0, 1), v, cache), "do not fit"],
    [() => pagedAttention(q.narrow(1, 0, 3), k, v, cache), "do not fit"],
    [() => pagedAttention(q, k, v, { ...cache, pages: [] }), "there are no pages"],
    [() => pagedAttention(q, k, v, { ...cache, layer: 3 }), "have layer 3"],
    [() => pagedAttention(q, k, v, { ...cache, layer: -1 }), "have layer -1"],
    [() => pagedAttention(q, k, v, { ...cache, pages: [randn([3, 2, 2, PAGE, 9])] }), "a page must be"],
    [() => pagedAttention(q, k, v, { ...cache, pages: [randn([3, 2])] }), "must have 5 dimensions"],
    [() => pagedAttention(q, k, v, { ...cache, positions: int64([3, 8], [2]) }), "there is no place 8 in 2 pages of 4"],
    [() => pagedAttention(q, k, v, { ...cache, positions: int64([-1, 0], [2]) }), "there is no place -1"],
    [() => pagedAttention(q, k, v, { ...cache, positions: int64([3], [1]) }), "one position a token"],
    [() => pagedAttention(q, k, v, { ...cache, table: int64([0, 1, 0, 2], [2, 2]) }), "there is no page 2 of 2"],
    [() => pagedAttention(q, k, v, { ...cache, table: int64([0, 1, -1, 1], [2, 2]) }), "there is no page -1 of 2"],
    [() => pagedAttention(q, k, v, { ...cache, table: randn([2, 2]) }), "in int64"],
  ];
  for (const [call, why] of refused) expect(call).toThrow(why);
  expect(pages.map((page, i) => page.equal(before[i] ?? page.mul(2)))).toEqual([true, true]);
});
