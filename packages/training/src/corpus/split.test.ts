import { near } from "@trainer/testing";
import { expect, test } from "vitest";
import { lines, shares, split, tenth, withCorpus } from "../../test/split-corpus.js";
import { SPLITS, type Split } from "./held-out.js";
import { planSplit, type SplitOptions } from "./split-plan.js";

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
