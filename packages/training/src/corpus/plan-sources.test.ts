import { matching } from "@trainer/testing";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { lines, shares, splitBy, tenth, withCorpus } from "../../test/split-corpus.js";
import type { Corpus } from "./corpus.js";
import { joinCorpora } from "./join-corpora.js";
import { planSources } from "./plan-sources.js";
import { SPLITS, type Split } from "./held-out.js";
import type { DocumentMode } from "./cut-documents.js";
import type { SplitOptions } from "./split-plan.js";

/** The documents of each text by split, planned together. */
async function splitTogether(texts: readonly (readonly string[])[], document: DocumentMode, options: SplitOptions) {
  return await withCorpora(texts, document, async (corpora) => {
    const named = corpora.map((corpus, i) => ({ name: `text ${i}`, corpus }));
    const order = corpora
      .map((_, i) => i)
      .toSorted((a, b) => Number(corpora[a]?.totalBytes) - Number(corpora[b]?.totalBytes));
    const { sources, whole } = await planSources(named, () => Promise.resolve(order), options);
    const each = await Promise.all(corpora.map((corpus, i) => splitBy(corpus, sources[i] ?? { by: "nothing" })));
    const joined = await splitBy(joinCorpora(corpora), whole);
    for (const name of SPLITS) expect(joined[name]).toEqual(each.flatMap((documents) => documents[name]));
    return each;
  });
}

async function withCorpora<T>(
  texts: readonly (readonly string[])[],
  document: DocumentMode,
  body: (corpora: readonly Corpus[]) => Promise<T>,
  open: readonly Corpus[] = [],
): Promise<T> {
  const [first, ...rest] = texts;
  if (first === undefined) return await body(open);
  return await withCorpus(first, document, (corpus) => withCorpora(rest, document, body, [...open, corpus]));
}

function homesOf(texts: readonly Record<Split, readonly string[]>[]): Map<string, Set<Split>> {
  const homes = new Map<string, Set<Split>>();
  for (const documents of texts)
    for (const name of SPLITS)
      for (const text of documents[name]) homes.set(text, (homes.get(text) ?? new Set<Split>()).add(name));
  return homes;
}

test("a document that stands in several texts is in the same split in all of them, whatever else they hold", async () => {
  const part = fc.record({ from: fc.integer({ min: 0, max: 60 }), count: fc.integer({ min: 20, max: 120 }) });
  await fc.assert(
    fc.asyncProperty(
      fc.array(part, { minLength: 2, maxLength: 3 }),
      fc.integer({ min: 0, max: 99 }),
      async (parts, seed) => {
        const texts = parts.map(({ from, count }) => [lines(count, from).join("\n")]);
        const homes = homesOf(await splitTogether(texts, "line", { ...tenth, seed }));
        for (const [text, splits] of homes) expect([text, [...splits]]).toEqual([text, [...splits].slice(0, 1)]);
      },
    ),
    { numRuns: 5 },
  );
});

test("planted copies are not met again, and every text has its parts all the same", async () => {
  const wiki = [...lines(3000), ...lines(40, 90_000)].join("\n");
  const own = lines(200, 89_900).join("\n");
  const split = await splitTogether([[own], [wiki]], "line", { holdoutFraction: 0.1, testSplitRatio: 0.15, seed: 3 });
  const planted = [...homesOf(split)].filter(([text]) => /^line 900[0-3]\d$/.test(text));
  expect(planted).toHaveLength(40);
  for (const [, splits] of planted) expect(splits.size).toBe(1);
  for (const documents of split) {
    const { validation, test } = shares(documents);
    expect(Math.abs(validation - 0.1)).toBeLessThan(0.03);
    expect(Math.abs(test - 0.15)).toBeLessThan(0.03);
  }
});

test("a book that one text has to cut into blocks is cut alike where it stands among others", async () => {
  const book = lines(3000).join("\n");
  const others = Array.from({ length: 400 }, (_, i) => lines(100, 10_000 + 100 * i).join("\n"));
  const [alone, among] = await splitTogether([[book], [...others, book]], "file", tenth);
  const held = new Set(
    [...(alone?.validation ?? []), ...(alone?.test ?? [])].flatMap((text) => text.trim().split("\n")),
  );
  expect(held.size).toBeGreaterThan(300);
  const trained = among?.train.flatMap((text) => text.trim().split("\n")) ?? [];
  expect(trained.filter((line) => held.has(line))).toEqual([]);
  expect(trained.filter((line) => /^line \d{1,4}$/.test(line)).length).toBeGreaterThan(1500);
});

test("near copies in different texts are on one side, and where copies go the first text keeps its own", async () => {
  const words = (i: number, changed = "") => Array.from({ length: 200 }, (_, k) => (k === 9 ? changed : `n${i}w${k}`));
  const texts = (changes: readonly string[]) =>
    Array.from({ length: 80 }, (_, i) => changes.map((changed) => words(i, changed).join(" "))).flat();
  const [own, wiki] = [texts(["", "own"]), texts(["", "wiki", "else"])];
  const split = async (dedup: "none" | "together" | "near" | "exact") => {
    const sides = new Map<string, Set<Split>>();
    const all = await splitTogether([[own.join("\n")], [wiki.join("\n")]], "line", {
      ...tenth,
      holdoutFraction: 0.2,
      dedup,
    });
    for (const [text, splits] of homesOf(all)) {
      const origin = /n\d+/.exec(text)?.[0] ?? "";
      sides.set(origin, new Set([...(sides.get(origin) ?? []), ...splits]));
    }
    const counts = all.map((documents) => SPLITS.reduce((sum, name) => sum + documents[name].length, 0));
    return { counts, torn: [...sides.values()].filter(({ size }) => size > 1).length };
  };
  expect((await split("none")).torn).toBeGreaterThan(20);
  expect(await split("together")).toEqual({ counts: [160, 240], torn: 0 });
  expect((await split("exact")).counts).toEqual([160, 160]);
  await expect(split("near")).rejects.toThrow(/^text 1: each of its documents is a copy of one in a text before it/);
  wiki.push(...lines(40).map((line) => `${line} of the other text alone, which is like none of them`));
  expect(await split("near")).toMatchObject({ counts: [80, 40] });
});

test("a text that is too small is told by its name, and without a split nothing is held out", async () => {
  await expect(splitTogether([["a\nb"], [lines(50).join("\n")]], "line", tenth)).rejects.toMatchObject({
    code: "INVALID_INPUT",
    message: matching(/^text 0: too little text to split/),
  });
  const all = await splitTogether([["a\nb"], ["b"]], "line", { holdoutFraction: 0, testSplitRatio: 0, seed: 1 });
  expect(all.map(({ train }) => train)).toEqual([["a", "b"], ["b"]]);
});

test("a failure of another kind is told as it is", async () => {
  await withCorpus([lines(9).join("\n")], "line", async (corpus) => {
    const signal = AbortSignal.abort(new Error("stop"));
    const planned = planSources([{ name: "a", corpus }], () => Promise.resolve([0]), tenth, { signal });
    await expect(planned).rejects.toThrow(/^stop$/);
  });
});
