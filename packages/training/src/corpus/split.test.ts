import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { near } from "@trainer/testing";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { temporaryFolder } from "../home/temporary-folder.js";
import { openCorpus, type Corpus } from "./corpus.js";
import type { DocumentMode } from "./cut-documents.js";
import { documentsOf } from "./document-batch.js";
import { splitDocuments } from "./split-documents.js";
import { SplitHistogram } from "./split-histogram.js";
import { heldBytes, holdOut, SPLITS, type Split } from "./held-out.js";
import { planSplit, type SplitOptions } from "./split-plan.js";

type Documents = Record<Split, string[]>;

async function split(corpus: Corpus, options: SplitOptions): Promise<{ by: string; documents: Documents }> {
  const plan = await planSplit(corpus, options);
  const documents: Documents = { train: [], validation: [], test: [] };
  const open: Record<Split, boolean> = { train: false, validation: false, test: false };
  for await (const batch of splitDocuments(corpus, plan)) {
    const into = documents[batch.split];
    expect(batch.continued).toBe(open[batch.split]);
    let continued = batch.continued;
    for (const document of documentsOf(batch)) {
      if (continued) into.push(`${into.pop()}${document}`);
      else into.push(document.toString());
      continued = false;
    }
    open[batch.split] = batch.open;
  }
  expect(open).toEqual({ train: false, validation: false, test: false });
  return { by: plan.by, documents };
}

async function withCorpus<T>(
  texts: readonly string[],
  document: DocumentMode,
  body: (corpus: Corpus) => Promise<T>,
): Promise<T> {
  await using folder = await temporaryFolder();
  for (const [i, text] of texts.entries())
    await writeFile(join(folder.path, `${String(i).padStart(5, "0")}.txt`), text);
  return await body(await openCorpus(folder.path, { document }));
}

const lines = (n: number, from = 0) => Array.from({ length: n }, (_, i) => `line ${i + from}`);
const tenth = { holdoutFraction: 0.1, testSplitRatio: 0.1, seed: 1 };

const bytesOf = (documents: Documents, name: Split) =>
  documents[name].reduce((sum, text) => sum + Buffer.byteLength(text), 0);
/** What part of all bytes each split has. */
const shares = (documents: Documents) => {
  const [train, validation, test] = SPLITS.map((name) => bytesOf(documents, name));
  const all = Number(train) + Number(validation) + Number(test);
  return { train: Number(train) / all, validation: Number(validation) / all, test: Number(test) / all };
};

test("lines are split by document, the fractions of the bytes met to one of them, in the order of the text", async () => {
  await withCorpus([lines(1000).join("\n")], "line", async (corpus) => {
    const { by, documents } = await split(corpus, { holdoutFraction: 0.123, testSplitRatio: 0.3, seed: 5 });
    expect(by).toBe("document");
    expect(shares(documents)).toEqual({ train: near(0.577, 2), validation: near(0.123, 2), test: near(0.3, 2) });
    const all = SPLITS.flatMap((name) => documents[name]);
    expect(all.toSorted()).toEqual(lines(1000).toSorted());
    for (const name of SPLITS) {
      const numbers = documents[name].map((line) => Number(line.slice(5)));
      expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
    }
    const spread = documents.validation.filter((line) => Number(line.slice(5)) < 500).length;
    expect(Math.abs(spread - 61)).toBeLessThan(28); // from all over the text: five standard deviations
  });
});

test("the same seed makes the same split, another one another", async () => {
  await withCorpus([lines(500).join("\n")], "line", async (corpus) => {
    const first = await split(corpus, tenth);
    expect(await split(corpus, tenth)).toEqual(first);
    expect((await split(corpus, { ...tenth, seed: 2 })).documents.test).not.toEqual(first.documents.test);
  });
});

test("equal documents fall in the same split, so nothing trained on is met again in a test", async () => {
  const texts = lines(50).flatMap((line, i) => Array.from({ length: 1 + (i % 7) }, () => line));
  await withCorpus([texts.toSorted(() => 1).join("\n")], "line", async (corpus) => {
    const { documents } = await split(corpus, tenth);
    const homes = new Map<string, Set<Split>>();
    for (const name of SPLITS) {
      for (const text of documents[name]) homes.set(text, (homes.get(text) ?? new Set()).add(name));
    }
    expect(homes.size).toBe(50);
    for (const at of homes.values()) expect(at.size).toBe(1);
    for (const name of ["validation", "test"] as const) {
      expect(shares(documents)[name]).toBeCloseTo(0.1, 1);
    }
  });
});

test("of three documents each split that is asked for has one, however small its fraction", async () => {
  await withCorpus(["one", "two", "three"], "file", async (corpus) => {
    for (let seed = 0; seed < 6; seed++) {
      const { documents } = await split(corpus, { holdoutFraction: 0.001, testSplitRatio: 0.5, seed });
      expect(SPLITS.map((name) => documents[name].length)).toEqual([1, 1, 1]);
      const half = await split(corpus, { holdoutFraction: 0.5, testSplitRatio: 0, seed });
      expect(half.documents.train.length).toBeGreaterThan(0);
      expect(half.documents.validation.length).toBeGreaterThan(0);
    }
  });
});

test("a few long texts are cut into blocks each, so that no whole book is held back for a small fraction", async () => {
  const book = (n: number) => lines(8000, n * 8000).join("\n");
  await withCorpus([book(0), book(1), book(2)], "file", async (corpus) => {
    const { by, documents } = await split(corpus, tenth);
    expect(by).toBe("block");
    const held = [...documents.validation, ...documents.test].join("").split("\n").length;
    expect(held / 24_000).toBeCloseTo(0.2, 1);
    expect(SPLITS.flatMap((name) => documents[name]).join("").length).toBe(corpus.totalBytes);
  });
  const withoutSpaces = (letter: string) => letter.repeat(300_000);
  await withCorpus(["漢", "字", "語"].map(withoutSpaces), "file", async (corpus) => {
    const { by, documents } = await split(corpus, tenth);
    expect(by).toBe("block");
    expect(shares(documents)).toEqual({ train: near(0.8, 2), validation: near(0.1, 2), test: near(0.1, 2) });
    for (const name of SPLITS) expect(documents[name].join("")).toMatch(/^[漢字語]+$/u); // no character was cut
  });
});

test("a fraction of 0 makes no split, and with both 0 nothing is read to plan one", async () => {
  await withCorpus([lines(10).join("\n")], "line", async (corpus) => {
    const { documents } = await split(corpus, { holdoutFraction: 0.2, testSplitRatio: 0, seed: 1 });
    expect([documents.train.length, documents.validation.length, documents.test.length]).toEqual([8, 2, 0]);
    const tested = await split(corpus, { holdoutFraction: 0, testSplitRatio: 0.2, seed: 1 });
    expect(SPLITS.map((name) => tested.documents[name].length)).toEqual([8, 0, 2]);
    const whole = await split(corpus, { holdoutFraction: 0, testSplitRatio: 0, seed: 1 });
    expect(whole).toEqual({ by: "nothing", documents: { train: lines(10), validation: [], test: [] } });
  });
});

test("one long text is split into runs of whole lines, seeded, the fractions of its lines met", async () => {
  const text = `${lines(5000).join("\n")}\n`;
  await withCorpus([text], "file", async (corpus) => {
    const { by, documents } = await split(corpus, { holdoutFraction: 0.05, testSplitRatio: 0.1, seed: 3 });
    expect(by).toBe("block");
    const count = (name: Split) => documents[name].join("").split("\n").length - 1;
    expect(shares(documents)).toEqual({ train: near(0.85, 2), validation: near(0.05, 2), test: near(0.1, 2) });
    expect(SPLITS.reduce((sum, name) => sum + count(name), 0)).toBe(5000);
    const all = SPLITS.flatMap((name) => documents[name]);
    expect(all.every((run) => /^line \d+\n/.test(run) && run.endsWith("\n") && text.includes(run))).toBe(true);
    expect(all.join("").split("\n").toSorted()).toEqual(text.split("\n").toSorted());
    expect(documents.test.length).toBeGreaterThan(2); // from several places
    const other = await split(corpus, { holdoutFraction: 0.05, testSplitRatio: 0.1, seed: 4 });
    expect(other.documents.test).not.toEqual(documents.test);
  });
});

test("a long text gives up lines only for the splits asked for", async () => {
  await withCorpus([lines(1000).join("\n")], "file", async (corpus) => {
    const sizes = async (options: SplitOptions) => {
      const { documents } = await split(corpus, options);
      return SPLITS.map((name) => documents[name].flatMap((run) => run.split("\n")).filter(Boolean).length);
    };
    expect((await sizes({ holdoutFraction: 0.2, testSplitRatio: 0, seed: 1 }))[2]).toBe(0);
    expect((await sizes({ holdoutFraction: 0, testSplitRatio: 0.5, seed: 1 }))[1]).toBe(0);
  });
});

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

test("one long line among short ones gives up no more than the part asked for, whatever the seed", async () => {
  const long = Array.from({ length: 6000 }, (_, i) => `w${i}`).join(" ");
  for (const document of ["line", "file"] as const) {
    for (const place of [0, 99]) {
      const text = lines(99).toSpliced(place, 0, long).join("\n");
      await withCorpus([text], document, async (corpus) => {
        for (let seed = 0; seed < 3; seed += 1) {
          const { documents } = await split(corpus, { holdoutFraction: 0.01, testSplitRatio: 0.15, seed });
          const { validation, test } = shares(documents);
          expect([validation > 0.005, validation < 0.02, test > 0.12, test < 0.18]).toEqual([true, true, true, true]);
        }
      });
    }
  }
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

test("documents that are too short to be cut leave training half of what could be held out", async () => {
  const text = [...lines(99), "word ".repeat(2000)].join("\n"); // the last is 10 kB, the others one together
  await withCorpus([text], "line", async (corpus) => {
    const { by, documents } = await split(corpus, { holdoutFraction: 0.01, testSplitRatio: 0.15, seed: 2 });
    expect(by).toBe("document");
    expect(documents.train.length).toBeGreaterThanOrEqual(48);
    expect(documents.test.length).toBeGreaterThan(40);
    expect(documents.validation.length).toBeGreaterThan(0);
  });
});

test("so many long documents that not all can be measured are drawn whole", async () => {
  const texts = Array.from({ length: 1300 }, (_, i) => `${i} ${"word ".repeat(3400)}`.trim());
  await withCorpus([texts.join("\n")], "line", async (corpus) => {
    const { by, documents } = await split(corpus, { holdoutFraction: 0.0001, testSplitRatio: 0, seed: 1 });
    expect([by, documents.validation.length]).toEqual(["document", 1]);
  });
});

test("a text of one line is split by words", async () => {
  const words = Array.from({ length: 5000 }, (_, i) => `w${i}`);
  await withCorpus([words.join(" ")], "file", async (corpus) => {
    const { documents } = await split(corpus, tenth);
    const count = (name: Split) => documents[name].join("").trim().split(" ").length;
    expect(SPLITS.reduce((sum, name) => sum + count(name), 0)).toBe(5000);
    expect(shares(documents)).toEqual({ train: near(0.8, 2), validation: near(0.1, 2), test: near(0.1, 2) });
  });
});

test("two files, and copies of them, are cut alike, so that no copy is trained on that another is tested on", async () => {
  const a = lines(300).join("\n");
  const b = lines(200, 1000).join("\n");
  await withCorpus([a, b, a, b, "tiny"].slice(0, 4), "file", async (corpus) => {
    const { by, documents } = await split(corpus, tenth);
    expect(by).toBe("block");
    const trained = new Set(documents.train.flatMap((run) => run.split("\n")).filter(Boolean));
    for (const name of ["validation", "test"] as const) {
      const held = documents[name].flatMap((run) => run.split("\n")).filter(Boolean);
      expect(held.length).toBeGreaterThan(0);
      for (const line of held) expect(trained.has(line)).toBe(false);
    }
  });
});

test("a text too short to cut is trained on beside one that is long enough", async () => {
  await withCorpus([lines(100).join("\n"), "tiny"], "file", async (corpus) => {
    const { documents } = await split(corpus, tenth);
    expect(documents.train).toContain("tiny");
    expect(documents.test.length).toBeGreaterThan(0);
  });
});

test("too little text for the splits asked for is refused with what to do", async () => {
  const refused = async (texts: string[], options: SplitOptions = tenth) =>
    withCorpus(texts, "line", async (corpus) => {
      await expect(planSplit(corpus, options)).rejects.toThrow(
        /^too little text to split: .* set both fractions .* to 0$/,
      );
    });
  await refused(["two words"]);
  await refused(["once\n".repeat(5000)]);
  await refused(["a b c d e f\n".repeat(5000)]);
});

test("a corpus that turns out to be blank is refused", async () => {
  await withCorpus([" \n".repeat(40_000)], "line", async (corpus) => {
    await expect(planSplit(corpus, tenth)).rejects.toThrow(/there is no text in/);
  });
});

test("fractions that cannot be met are refused", async () => {
  await withCorpus(["a"], "line", async (corpus) => {
    await expect(planSplit(corpus, { ...tenth, holdoutFraction: 0.6 })).rejects.toThrow(/holdoutFraction/);
    await expect(planSplit(corpus, { ...tenth, testSplitRatio: -1 })).rejects.toThrow(/testSplitRatio/);
    await expect(planSplit(corpus, { holdoutFraction: 0.5, testSplitRatio: 0.5, seed: 1 })).rejects.toThrow(
      /nothing would be left/,
    );
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
