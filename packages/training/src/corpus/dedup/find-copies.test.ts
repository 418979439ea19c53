import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { randomOf, scratch } from "@trainer/testing";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { lines, split, tenth, withCorpus } from "../../../test/split-corpus.js";
import { openCorpus } from "../corpus.js";
import { documentsOf, joined, type DocumentBatch } from "../document-batch.js";
import { leftOut, leftOutSentences, noLosses } from "../left-out.js";
import { SPLITS, type Split } from "../held-out.js";
import { lossesOf, planSplit } from "../split-plan.js";
import { CopyGroups } from "./copy-groups.js";
import { findCopies, type FindOptions } from "./find-copies.js";
import { DocumentSet, withoutDocuments } from "./without-documents.js";

const COPIES = 3;

/** Texts of 200 words, of each `COPIES` near copies besides, in which a word is another, and an equal one. */
function planted(count: number): string[] {
  const random = randomOf(5);
  const originals = Array.from({ length: count }, (_, i) => Array.from({ length: 200 }, (_, k) => `n${i}w${k}`));
  const edited = (words: readonly string[], copy: number) =>
    words.map((word, k) => (k === 20 * copy ? `c${copy}${word}` : word));
  return originals
    .flatMap((words) => [[words, words], Array.from({ length: COPIES }, (_, copy) => edited(words, copy + 1))].flat())
    .map((words) => ({ words, place: random() }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ words }) => words.join(" "));
}
const originOf = (text: string) => /n\d+/.exec(text)?.[0] ?? "";

const options: FindOptions = { treatment: "near", isSplit: true, key: { key: 1, byPrompt: false } };

test("no planted near copy is on another side of a split than what it is like, and none is there twice where they go", async () => {
  const texts = planted(60);
  await withCorpus([texts.join("\n")], "line", async (corpus) => {
    const homes = async (dedup: "none" | "together" | "near" | "exact") => {
      const { documents } = await split(corpus, { ...tenth, holdoutFraction: 0.2, dedup });
      const sides = new Map<string, Set<Split>>();
      for (const name of SPLITS) {
        for (const text of documents[name])
          sides.set(originOf(text), (sides.get(originOf(text)) ?? new Set()).add(name));
      }
      const count = SPLITS.reduce((sum, name) => sum + documents[name].length, 0);
      expect(documents.validation.length * documents.test.length).toBeGreaterThan(0);
      expect(sides.size).toBe(60);
      return { count, torn: [...sides.values()].filter(({ size }) => size > 1).length };
    };
    expect((await homes("none")).torn).toBeGreaterThan(10);
    expect(await homes("together")).toEqual({ count: texts.length, torn: 0 });
    expect((await homes("exact")).count).toBe(60 * (1 + COPIES));
    expect(await homes("near")).toEqual({ count: 60, torn: 0 });
  });
});

test("what goes is counted by kind and told with the first, by its place and what it is like", async () => {
  const text = lines(40).join(" ");
  await withCorpus(["one", text, "one", text.replace("line 3 ", "line x "), "two"], "file", async (corpus) => {
    const plan = await planSplit(corpus, { holdoutFraction: 0, testSplitRatio: 0, seed: 1, dedup: "near" });
    expect(plan.by).toBe("nothing");
    const told = leftOut(corpus, lossesOf(plan, noLosses));
    const paths = corpus.files.map(({ path }) => path);
    expect(told.copies).toMatchObject({
      exact: { documents: 1, bytes: 3 },
      near: { documents: 1, bytes: text.length },
      together: { documents: 0, groups: 0 },
      examples: [
        { similarity: 1, kept: { path: paths[0], number: 1 }, removed: { path: paths[2], number: 1, start: "one" } },
        { kept: { path: paths[1], start: text.slice(0, 80) }, removed: { path: paths[3] } },
      ],
    });
    expect(leftOutSentences(told)).toEqual([
      `2 documents are left out as copies, 1 equal and 1 near, ${3 + text.length} bytes: document 1 of ${paths[2]}, "one", ` +
        `is document 1 of ${paths[0]} again`,
    ]);
  });
});

test("those that stay together are told as groups, and nothing is looked for where nothing is held out", async () => {
  await withCorpus([planted(4).join("\n")], "line", async (corpus) => {
    const plan = await planSplit(corpus, { ...tenth, dedup: "together" });
    expect(leftOutSentences(leftOut(corpus, lossesOf(plan, noLosses)))).toEqual([
      "16 documents are nearly alike, in 4 groups, each on one side of the split",
    ]);
    const whole = { holdoutFraction: 0, testSplitRatio: 0, seed: 1, dedup: "together" } as const;
    expect(await planSplit(corpus, whole)).toEqual({ by: "nothing" });
    const plain = await planSplit(corpus, tenth);
    expect(lossesOf(plain, noLosses)).toBe(noLosses);
    expect(await planSplit(corpus, { ...tenth, dedup: "none" })).toEqual(plain);
  });
});

test("one left-out document is told as one", () => {
  const copies = {
    exact: { documents: 1, bytes: 2 },
    near: { documents: 0, bytes: 0 },
    together: { documents: 0, groups: 0 },
    examples: [],
  };
  expect(leftOutSentences(leftOut({ files: [], skipped: [] }, { ...noLosses, copies }))).toEqual([
    "1 document is left out as copies, 1 equal and 0 near, 2 bytes",
  ]);
});

test("long texts that are near copies are not cut, so that no passage of one is on two sides", async () => {
  const book = (n: number) => lines(3000, n * 3000).join("\n");
  const texts = [book(0), book(0).replace("line 7\n", "line seven\n"), book(1), book(2), book(3)];
  await withCorpus(texts, "file", async (corpus) => {
    const { by, documents } = await split(corpus, { ...tenth, dedup: "together" });
    expect(by).toBe("block");
    for (const name of ["validation", "test"] as const) {
      const numbers = [...documents[name].join("\n").matchAll(/line (\d+)/g)].map(([, number]) => Number(number));
      expect(numbers.length).toBeGreaterThan(100);
      expect(Math.min(...numbers)).toBeGreaterThanOrEqual(3000);
    }
  });
  await withCorpus(texts.slice(0, 2), "file", async (corpus) => {
    await expect(planSplit(corpus, { ...tenth, dedup: "together" })).rejects.toThrow("1 of them different");
  });
});

test("of conversations what is said is compared, whatever the fields, line breaks and marks around it", async () => {
  await using folder = await scratch();
  const path = join(folder.path, "chats.jsonl");
  const said = (n: number) => Array.from({ length: 12 }, (_, i) => `n${n}w${i}`).join(" ");
  const records = [
    { prompt: said(1), completion: said(2) },
    { prompt: `${said(1)}!`, completion: said(2).replaceAll(" ", "\n") },
    { prompt: said(3), completion: said(2) },
    { messages: [1, 2].map((n, i) => ({ role: i === 0 ? "user" : "assistant", content: said(n) })) },
  ];
  await writeFile(path, records.map((record) => JSON.stringify(record)).join("\n"));
  const corpus = await openCorpus(path, { document: "line", records: "auto" });
  const { losses } = (await findCopies([corpus], options)).whole;
  expect([losses.exact.documents, losses.near.documents]).toEqual([1, 1]);
  expect(losses.examples.map(({ kept, removed }) => [kept.number, removed.number])).toEqual([
    [1, 4],
    [1, 2],
  ]);
});

test("documents without words stay unless they are equal, and more than memory holds is refused", async () => {
  await withCorpus(["!!!\n???\n!!!\n...\n"], "line", async (corpus) => {
    expect((await findCopies([corpus], options)).whole.losses.exact.documents).toBe(1);
    const most = { ...options, mostTableBytes: 1000 };
    await expect(findCopies([corpus], most)).rejects.toThrow("4 documents are more than 0 MiB of memory hold");
    await expect(findCopies([corpus], { ...options, signal: AbortSignal.abort("enough") })).rejects.toBe("enough");
  });
});

test("whatever is left out of however large documents, the rest is what it was, piece by piece", async () => {
  const piece = fc.string({ unit: fc.constantFrom("a", "b", "é"), maxLength: 4 }).map((text) => Buffer.from(text));
  const documents = fc.array(
    fc.record({ pieces: fc.array(piece, { minLength: 1, maxLength: 3 }), isKept: fc.boolean() }),
  );
  await fc.assert(
    fc.asyncProperty(documents, fc.integer({ min: 1, max: 5 }), async (given, perBatch) => {
      const removed = new DocumentSet();
      for (const [i, { isKept }] of given.entries()) if (!isKept) removed.add(i);
      expect(removed.size).toBe(given.filter(({ isKept }) => !isKept).length);
      const found: string[] = [];
      let open = false;
      for await (const batch of withoutDocuments(batched(given, perBatch), removed)) {
        expect(batch.continued).toBe(open);
        let continued = batch.continued;
        for (const bytes of documentsOf(batch)) {
          if (continued) found.push(`${found.pop()}${bytes.toString()}`);
          else found.push(bytes.toString());
          continued = false;
        }
        open = batch.open;
      }
      expect(open).toBe(false);
      const kept = given.filter(({ isKept }) => isKept).map(({ pieces }) => Buffer.concat(pieces).toString());
      expect(found).toEqual(kept);
    }),
  );
});

/** Batches of documents, some of which come in pieces, a batch each but for the last, with which others follow. */
async function* batched(
  documents: readonly { readonly pieces: readonly Buffer[] }[],
  perBatch: number,
): AsyncGenerator<DocumentBatch, void, undefined> {
  let texts: Buffer[] = [];
  let continued = false;
  const batch = (open: boolean) => {
    const ready = { ...joined(texts), continued, open };
    [texts, continued] = [[], open];
    return ready;
  };
  for (const { pieces } of documents) {
    for (const [i, piece] of pieces.entries()) {
      texts.push(piece);
      const isOpen = i < pieces.length - 1;
      if (isOpen || texts.length >= perBatch) yield batch(isOpen);
    }
  }
  if (texts.length > 0) yield batch(false);
  await Promise.resolve();
}

test("a document that is larger than a batch is a copy as others are, and goes whole", async () => {
  const long = "words ".repeat(800_000);
  await withCorpus([long, "one", long, "two"], "file", async (corpus) => {
    const whole = { holdoutFraction: 0, testSplitRatio: 0, seed: 1, dedup: "exact" } as const;
    const { documents } = await split(corpus, whole);
    expect(documents.train.map(({ length }) => length)).toEqual([long.length, 3, 3]);
  });
});

test("a set of documents grows, and has what was added", () => {
  const set = new DocumentSet();
  const some = [0, 7, 8, 9000, 100_000];
  for (const each of some) set.add(each);
  expect(some.every((each) => set.has(each))).toBe(true);
  expect([1, 6, 9, 8999, 99_999, 100_001, 10_000_000].some((each) => set.has(each))).toBe(false);
});

test("groups are one where one of each is like the other, whatever the order", () => {
  const pairs = fc.array(fc.tuple(fc.nat(12), fc.nat(12)), { maxLength: 20 });
  fc.assert(
    fc.property(pairs, (given) => {
      const groups = new CopyGroups();
      let sets: Set<number>[] = [];
      for (const [a, b] of given) {
        groups.add(a, b);
        const touched = sets.filter((set) => set.has(a) || set.has(b));
        const merged = new Set([a, b, ...touched.flatMap((set) => [...set])]);
        sets = [...sets.filter((set) => !touched.includes(set)), merged];
      }
      const roots = groups.roots();
      expect([groups.documents, groups.groups]).toEqual([roots.size, sets.length]);
      for (const set of sets) expect(new Set(Array.from(set, (each) => roots.get(each))).size).toBe(1);
      expect(new Set(roots.values()).size).toBe(sets.length);
    }),
  );
});
