import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { scratch } from "@trainer/testing";
import { expect, test } from "vitest";
import { cleanCorpus, type CleanOptions } from "./clean-corpus.js";

const NOTHING: CleanOptions = {
  document: "file",
  separator: "auto",
  out: null,
  mask: [],
  country: null,
  languages: [],
  minWords: null,
  maxWords: null,
  repetition: false,
};
const jsonl = (texts: readonly string[]) => texts.map((text) => `${JSON.stringify({ text })}\n`).join("");

test("short, long and repetitive documents go, personal data of the others is masked, and all is told", async () => {
  await using folder = await scratch();
  const [path, out] = [join(folder.path, "a.jsonl"), join(folder.path, "b.jsonl")];
  const same = "the same words ".repeat(4).trim();
  const long = Array.from({ length: 21 }, (_, i) => `w${i}`).join(" ");
  const mails = "write to a@b.de, c@d.org or e@f.com, or call +49 30 901820";
  await writeFile(path, jsonl(["x@y.de", mails, same, long, "so to\nsay g@h.net it", "no"]));
  const seen: number[] = [];
  const options = {
    ...NOTHING,
    mask: ["email", "phone", "iban"],
    minWords: 4,
    maxWords: 20,
    repetition: true,
  } as const;
  const result = await cleanCorpus(path, {
    ...options,
    out,
    onRead: ({ bytes, totalBytes }) => seen.push(bytes / totalBytes),
  });
  expect(await readFile(out, "utf8")).toBe(
    jsonl(["write to <EMAIL>, <EMAIL> or <EMAIL>, or call <PHONE>", "so to\nsay <EMAIL> it"]),
  );
  expect(seen.at(-1)).toBe(1);
  expect(result).toMatchObject({
    files: 1,
    all: { documents: 6 },
    kept: { documents: 2, bytes: mails.length + 20 },
    removed: [
      {
        rule: "fewer than 4 words",
        documents: 2,
        examples: [{ value: 3 }, { value: 1, document: { path, number: 6, start: "no" } }],
      },
      { rule: "the commonest 2 words", documents: 1, bytes: same.length, examples: [{ document: { number: 3 } }] },
      { rule: "more than 20 words", documents: 1, examples: [{ value: 21 }] },
    ],
    masked: [
      {
        kind: "email",
        count: 4,
        documents: 2,
        examples: [{ written: "a@b.de", path, number: 2 }, { written: "c@d.org" }, { written: "e@f.com" }],
      },
      { kind: "phone", count: 1, documents: 1 },
      { kind: "iban", count: 0, documents: 0, examples: [] },
    ],
  });
  expect(await cleanCorpus(path, { ...options, minWords: null })).toMatchObject({ kept: { documents: 4 } });
  expect(await cleanCorpus(path, { ...NOTHING, mask: ["iban"] })).toMatchObject({ kept: { documents: 6 } });
  const all = await cleanCorpus(path, { ...NOTHING, minWords: 100 });
  expect(all).toMatchObject({ kept: { documents: 0 }, masked: [], removed: [{ documents: 6 }] });
  expect(all.removed[0]?.examples).toHaveLength(3);
  await expect(cleanCorpus(path, { ...options, out })).rejects.toThrow("b.jsonl is there already");
  expect(await readdir(folder.path)).toHaveLength(2);
});

test("a document in pieces is masked and counted whole, and is judged by its start", async () => {
  await using folder = await scratch();
  const [path, out] = [join(folder.path, "a.txt"), join(folder.path, "b.txt")];
  const long = Array.from({ length: 450_000 }, (_, i) => (i % 1000 === 0 ? `u${i}@x.org` : `${i * 7919}`)).join(" ");
  await writeFile(path, `${"say it again ".repeat(100)}\n<|endoftext|>\n${long}`);
  const result = await cleanCorpus(path, { ...NOTHING, out, mask: ["email"], repetition: true });
  expect(result).toMatchObject({ all: { documents: 2 }, kept: { documents: 1, bytes: long.length } });
  expect(result.masked).toMatchObject([{ count: 450, documents: 1 }]);
  expect((await readFile(out, "utf8")) === `${long.replaceAll(/u\d+@x\.org/g, "<EMAIL>")}\n<|endoftext|>\n`).toBe(true);
});

const german = "Die Menschen sind frei und gleich an Würde und Rechten geboren, und sie haben Vernunft und Gewissen.";
const english = "All human beings are born free and equal in dignity and rights, and they have reason and conscience.";
const danish = "Alle mennesker er født frie og lige i værdighed og rettigheder, og de har fornuft og samvittighed.";
const chinese = "人人生而自由，在尊严和权利上一律平等。他们赋有理性和良心，并应以兄弟关系的精神相对待。";

test("documents in other languages go, told by language, and those too short to tell stay and are counted", async () => {
  await using folder = await scratch();
  const [path, out] = [join(folder.path, "a.jsonl"), join(folder.path, "b.jsonl")];
  const mixed = [`${german} `.repeat(40), english.repeat(20)].join(" ");
  const numbers = "12 34 ".repeat(400);
  const texts = [english, danish, "Hej, hvad?", chinese, german, numbers, "No\nYes", danish.toUpperCase(), mixed];
  await writeFile(path, jsonl(texts));
  const result = await cleanCorpus(path, { ...NOTHING, languages: ["en", "DE"], minWords: 2, out });
  expect(await readFile(out, "utf8")).toBe(jsonl([english, "Hej, hvad?", german, numbers, "No\nYes", mixed]));
  expect(result).toMatchObject({
    untold: { documents: 3, bytes: 10 + numbers.length + 6 },
    removed: [
      { rule: "in da", measure: "share", documents: 2, examples: [{ value: 1, document: { number: 2 } }, {}] },
      { rule: "in zh", documents: 1 },
    ],
  });
  const others = await cleanCorpus(path, { ...NOTHING, languages: ["nb", "en"], repetition: true });
  expect(others.removed.map(({ rule }) => rule)).toContain("in de");
  expect(others.removed.find(({ rule }) => rule === "in de")?.examples.at(-1)?.value).toBe(0.75);
  expect(others.untold?.documents).toBe(2); // the numbers repeat themselves
  await expect(cleanCorpus(path, { ...NOTHING, languages: ["tlh"] })).rejects.toThrow(
    /^no language "tlh" is known; expected of am, ar, .*, zh$/,
  );
});

test("documents that a model foresees badly go, by a limit or so that a part stays, and those too short for one stay", async () => {
  await using folder = await scratch();
  const [path, out] = [join(folder.path, "a.jsonl"), join(folder.path, "b.jsonl")];
  const long = `80 ${"x".repeat(6_000_000)}`;
  const texts = ["10 a", "90 b", "c", "30 d", "no", long, "40 e", "20 f"];
  await writeFile(path, jsonl(texts));
  const given: string[] = [];
  const of = async (start: string) => {
    given.push(start);
    return Promise.resolve(/^\d/.test(start) ? Number.parseInt(start, 10) : null);
  };
  const seen: number[] = [];
  const onRead = ({ bytes, totalBytes }: { bytes: number; totalBytes: number }) => seen.push(bytes / totalBytes);
  const numbers = (perplexity: CleanOptions["perplexity"], rest: Partial<CleanOptions> = {}) =>
    cleanCorpus(path, { ...NOTHING, ...rest, perplexity, onRead });
  const result = await numbers({ of, most: 35, best: null }, { out });
  expect(await readFile(out, "utf8")).toBe(jsonl(["10 a", "c", "30 d", "no", "20 f"]));
  expect(result).toMatchObject({
    unscored: { documents: 2, bytes: 3 },
    removed: [
      {
        rule: "a perplexity over 35",
        measure: "perplexity",
        documents: 3,
        examples: [
          { value: 90, document: { number: 2, start: "90 b" } },
          { value: 80, document: { number: 6 } },
          { value: 40, document: { number: 7 } },
        ],
      },
    ],
  });
  expect(given.map(({ length }) => length)).toEqual([4, 4, 1, 4, 2, 1 << 14, 4, 4]);
  expect([seen.every((part, i) => part >= (seen[i - 1] ?? 0)), seen.at(-1)]).toEqual([true, 1]);

  const half = await numbers({ of, most: null, best: 0.5 });
  expect(half.removed).toMatchObject([{ rule: "a perplexity over 30", documents: 3 }]);
  const both = await numbers({ of, most: 15, best: 0.9 });
  expect(both.removed).toMatchObject([{ rule: "a perplexity over 15", documents: 5 }]);
  given.length = 0;
  const ofLonger = await numbers({ of, most: null, best: 0.5 }, { minWords: 2 });
  expect(given).toHaveLength(6); // none of those that go by their words
  expect(ofLonger).toMatchObject({
    removed: [{ documents: 3 }, { rule: "fewer than 2 words" }],
    unscored: { documents: 0 },
  });
  const none = await numbers({ of: () => Promise.resolve(null), most: null, best: 0.5 });
  expect(none).toMatchObject({ removed: [], unscored: { documents: 8 } });
});
