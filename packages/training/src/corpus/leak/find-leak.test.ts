import { truncateSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { scratch } from "@trainer/testing";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { findLeak, type LeakOptions } from "./find-leak.js";

const OPTIONS = { document: "file", words: 5 } as const;
const text = (number: number) => Array.from({ length: 40 }, (_, i) => `n${number}w${i}`).join(" ");
const jsonl = (texts: readonly string[], field = "text") =>
  texts.map((each) => `${JSON.stringify({ [field]: each })}\n`).join("");

async function leakOf(texts: readonly string[], against: readonly string[], options: Partial<LeakOptions> = {}) {
  await using folder = await scratch();
  const [train, benchmark] = [join(folder.path, "train.jsonl"), join(folder.path, "test.jsonl")];
  await writeFile(train, jsonl(texts));
  await writeFile(benchmark, jsonl(against, "question"));
  return await findLeak(train, { ...OPTIONS, against: benchmark, ...options });
}

test("documents of which the text has all, half or some of the runs are told, with where it has them", async () => {
  const half = `${text(3).split(" ").slice(0, 24).join(" ")} ${text(4).split(" ").slice(0, 20).join(" ")}`;
  const some = `${text(5)} ${text(2).split(" ").slice(0, 5).join(" ")}`;
  const stages: string[] = [];
  const found = await leakOf(
    [text(0), `before ${text(1).toUpperCase()}, after`, text(2), text(3), "short one"],
    [text(9), half, text(1), some, "Short: one!", "w0 w1", "🙂"],
    { onRead: ({ stage, bytes, totalBytes }) => stages.push(`${stage} ${bytes === totalBytes}`) },
  );
  expect(found).toMatchObject({
    against: { documents: 7 },
    text: { documents: 5 },
    some: { documents: 4 },
    half: { documents: 3 },
    whole: { documents: 2, bytes: text(1).length + 11 },
    short: 3,
    leftOut: { text: { fields: {} }, against: { fields: { question: 1 } } },
  });
  expect(found.examples.map(({ share, document, source }) => [share, document.number, source.number])).toEqual([
    [1, 3, 2],
    [1, 5, 5],
    [0.5, 2, 4],
    [1 / 41, 4, 3],
  ]);
  expect(found.examples[1]).toMatchObject({ document: { start: "Short: one!" }, source: { start: "short one" } });
  expect([...new Set(stages)]).toEqual(["index true", "compare true", "count true", "examples true"]);
});

test("the share is that of the runs of words, whatever the texts", async () => {
  const words = fc.array(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 30 });
  const runs = (each: readonly string[]) =>
    each.length < 5 ? [each.join(" ")] : each.slice(4).map((_, i) => each.slice(i, i + 5).join(" "));
  await fc.assert(
    fc.asyncProperty(fc.array(words, { minLength: 1, maxLength: 4 }), words, async (texts, sought) => {
      const known = new Set(texts.flatMap(runs));
      const wanted = runs(sought);
      const share = wanted.filter((run) => known.has(run)).length / wanted.length;
      const { examples } = await leakOf(
        texts.map((each) => each.join(" ")),
        [sought.join(" ")],
      );
      expect(examples.map((each) => each.share)).toEqual(share === 0 ? [] : [share]);
    }),
    { numRuns: 30, examples: [[[["b"]], Array<string>(9).fill("a")]] }, // a run of words several times
  );
});

test("a document in pieces, and more runs than the first table has, are found whole", async () => {
  const long = Array.from({ length: 450_000 }, (_, i) => `${i * 7919}`).join(" "); // 4.7 MB, two pieces
  const part = long.slice(long.indexOf(" ", 4_000_000), long.indexOf(" ", 4_400_000)); // across the cut between them
  const against = Array.from({ length: 200 }, (_, i) => text(i));
  const found = await leakOf([long, ...against], [part, ...against, text(300)]);
  expect([found.against.documents, found.whole.documents, found.some.documents]).toEqual([202, 201, 201]);
  expect(found.examples.map(({ document }) => document.number)).toEqual([1, 2, 3, 4, 5]);
});

test("more runs than memory holds are refused, and so is a text that changes at any time", async () => {
  await expect(leakOf([text(1)], [text(1)], { mostTableBytes: 100 })).rejects.toThrow("more runs of words than 0 MiB");
  await using folder = await scratch();
  const path = join(folder.path, "a.jsonl");
  await writeFile(path, jsonl([text(1), text(2)]));
  const cutAt = (wanted: string) =>
    findLeak(path, {
      ...OPTIONS,
      against: path,
      onRead({ stage }) {
        if (stage === wanted) truncateSync(path, jsonl([text(1)]).length);
      },
    });
  for (const stage of ["index", "compare", "count", "examples"]) {
    await writeFile(path, jsonl([text(1), text(2)]));
    await expect(cutAt(stage)).rejects.toThrow("changed while");
  }
});
