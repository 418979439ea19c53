import { near } from "@trainer/testing";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { lines, shares, split, tenth, withCorpus } from "../../test/split-corpus.js";
import { heldBytes, holdOut, SPLITS } from "./held-out.js";
import { SplitHistogram } from "./split-histogram.js";

test("any long text of three lines or more is split into non-empty parts that are it, put together", async () => {
  const line = fc.constantFrom("a", "b c", "déjà vu", "x ".repeat(50), "", " ");
  const fraction = fc.double({ min: 0.001, max: 0.49, noNaN: true });
  await fc.assert(
    fc.asyncProperty(fc.array(line, { minLength: 3, maxLength: 300 }), fraction, fraction, async (parts, a, b) => {
      fc.pre(parts.filter((part) => part.trim() !== "").length >= 3);
      await withCorpus([parts.join("\n")], "file", async (corpus) => {
        const { documents } = await split(corpus, { holdoutFraction: a, testSplitRatio: b, seed: 9 });
        for (const name of SPLITS) expect(documents[name].join("").trim()).not.toBe("");
        const together = SPLITS.flatMap((name) => documents[name]).join("");
        expect(Array.from(together).toSorted().join("")).toBe(Array.from(parts.join("\n")).toSorted().join(""));
      });
    }),
    { numRuns: 60 },
  );
});

test("a text larger than a batch keeps its lines whole across the pieces it is read in", async () => {
  const text = lines(900_000).join("\n");
  await withCorpus([text], "file", async (corpus) => {
    const { documents } = await split(corpus, { holdoutFraction: 0.002, testSplitRatio: 0.003, seed: 3 });
    const all = SPLITS.flatMap((name) => documents[name].flatMap((run) => run.replace(/\n$/, "").split("\n")));
    expect(shares(documents)).toEqual({ train: near(0.995, 3), validation: near(0.002, 3), test: near(0.003, 3) });
    expect(all.length).toBe(900_000);
    expect(new Set(all).size).toBe(900_000);
  });
});

test("documents larger than a batch are drawn whole where that gives the parts asked for, else cut, also line by line", async () => {
  const large = (word: string) => `${word} `.repeat(1_000_000).trim();
  const texts = [large("alpha"), large("beta1"), large("delta"), "short", large("gamma"), "brief"];
  await withCorpus(texts, "line", async (corpus) => {
    const whole = await split(corpus, { holdoutFraction: 0.25, testSplitRatio: 0.25, seed: 1 });
    expect(whole.by).toBe("document");
    expect(SPLITS.flatMap((name) => whole.documents[name]).toSorted()).toEqual(texts.toSorted());
    const { by, documents } = await split(corpus, tenth);
    expect(by).toBe("block");
    expect(shares(documents)).toEqual({ train: near(0.8, 2), validation: near(0.1, 2), test: near(0.1, 2) });
    const together = SPLITS.flatMap((name) => documents[name]);
    expect(together.join("").length).toBe(texts.join("").length);
    expect(together).toEqual(expect.arrayContaining(["short", "brief"]));
  });
});

test("copies of one line are not all of a split, but are trained on, or at most half of it", async () => {
  const texts = [...Array.from({ length: 1475 }, () => "the same again"), ...lines(20_000)];
  await withCorpus([texts.join("\n")], "line", async (corpus) => {
    for (let seed = 0; seed < 4; seed += 1) {
      const { documents } = await split(corpus, { holdoutFraction: 0.01, testSplitRatio: 0.15, seed });
      expect(shares(documents)).toEqual({ train: near(0.84, 2), validation: near(0.01, 3), test: near(0.15, 2) });
      expect(documents.validation).not.toContain("the same again");
      const tested = documents.test.filter((line) => line === "the same again").length;
      expect(documents.train.filter((line) => line === "the same again").length + tested).toBe(1475); // on one side
      expect(tested === 0 || tested === 1475).toBe(true);
    }
  });
});

test("whatever lengths documents have, no split is more than twice what was asked for where they can be drawn so", async () => {
  const length = fc.oneof(fc.integer({ min: 1, max: 30 }), fc.constantFrom(200, 3000, 40_000));
  const word = (n: number, i: number) => `${i} ${"x y ".repeat(n / 4)}`.trim();
  await fc.assert(
    fc.asyncProperty(fc.array(length, { minLength: 150, maxLength: 250 }), fc.integer(), async (lengths, seed) => {
      const texts = lengths.map(word);
      await withCorpus([texts.join("\n")], "line", async (corpus) => {
        const { documents } = await split(corpus, { holdoutFraction: 0.05, testSplitRatio: 0.15, seed });
        const { train, validation, test } = shares(documents);
        expect(Math.max(validation / 0.05, test / 0.15)).toBeLessThan(2);
        expect(Math.min(train, validation, test)).toBeGreaterThan(0);
        const home = new Map(SPLITS.flatMap((name) => documents[name].map((text) => [text, name])));
        for (const name of SPLITS) for (const text of documents[name]) expect(home.get(text)).toBe(name);
      });
    }),
    { numRuns: 15 },
  );
});

test("so many long documents that not all can be measured are drawn whole", async () => {
  const texts = Array.from({ length: 1300 }, (_, i) => `${i} ${"word ".repeat(3400)}`.trim());
  await withCorpus([texts.join("\n")], "line", async (corpus) => {
    const { by, documents } = await split(corpus, { holdoutFraction: 0.0001, testSplitRatio: 0, seed: 1 });
    expect([by, documents.validation.length]).toEqual(["document", 1]);
  });
});

test("the splits of a million hashes are met to a document", () => {
  const histogram = new SplitHistogram();
  for (let i = 0; i < 1_000_000; i++) {
    histogram.add(Math.imul(i, 0x9e3779b1) >>> 0);
    histogram.grow(100 + (i % 13));
  }
  const sizes = histogram.bytes;
  const sides = holdOut({ sizes, order: (place) => place }, { test: 0.01, validation: 0.05 }, true);
  const { train, validation, test } = heldBytes(sizes, sides);
  const total = train + validation + test;
  expect([test / total, validation / total]).toEqual([near(0.01, 6), near(0.05, 6)]);
});
