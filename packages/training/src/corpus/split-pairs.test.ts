import { writeFile } from "node:fs/promises";
import { scratch } from "@trainer/testing";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { split, tenth } from "../../test/split-corpus.js";
import { openCorpus, type Corpus } from "./corpus.js";
import { turnsOf } from "./conversation-text.js";
import { SPLITS } from "./held-out.js";
import { planSplit } from "./split-plan.js";

const pair = (prompt: string, i: number) => ({ prompt, chosen: `yes ${i}`, rejected: `no ${i}` });

async function withRecords<T>(records: readonly object[], body: (corpus: Corpus) => Promise<T>): Promise<T> {
  await using folder = await scratch();
  const path = folder.join("pairs.jsonl");
  await writeFile(path, records.map((record) => JSON.stringify(record)).join("\n"));
  return await body(await openCorpus(path, { document: "line", records: "auto" }));
}

/** The sides of each prompt of these documents. */
function homesOf(documents: Awaited<ReturnType<typeof split>>["documents"]): Map<string, Set<string>> {
  const homes = new Map<string, Set<string>>();
  for (const name of SPLITS) {
    for (const document of documents[name]) {
      const asked = JSON.stringify(turnsOf(Buffer.from(document)).filter(({ answer }) => answer === undefined));
      homes.set(asked, (homes.get(asked) ?? new Set()).add(name));
    }
  }
  return homes;
}

test("pairs with an equal prompt are on one side of the split, whatever is said, and in whatever shape", async () => {
  const said = fc.constantFrom("", " ", "a", '{"role":"', ',"answer":"chosen"}', "}]", '\\","answer":"chosen"}', "é\n");
  const prompt = fc.array(said, { minLength: 1, maxLength: 2 }).map((parts) => parts.join(""));
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(prompt, said, said, fc.boolean()), { minLength: 40, maxLength: 60 }),
      async (given) => {
        const records = given.map(([asked, chosen, rejected, isList]) => {
          const answer = (content: string) => [
            { role: "user", content: asked },
            { role: "assistant", content },
          ];
          return isList ? { chosen: answer(chosen), rejected: answer(rejected) } : { prompt: asked, chosen, rejected };
        });
        fc.pre(new Set(given.map(([asked]) => asked)).size > 5);
        await withRecords(records, async (corpus) => {
          const { documents } = await split(corpus, { ...tenth, holdoutFraction: 0.3 });
          expect(SPLITS.every((name) => documents[name].length > 0)).toBe(true);
          expect([...homesOf(documents).values()].every(({ size }) => size === 1)).toBe(true);
          const alike = await split(corpus, { ...tenth, holdoutFraction: 0.3, dedup: "together" });
          expect([...homesOf(alike.documents).values()].every(({ size }) => size === 1)).toBe(true);
        });
      },
    ),
    { numRuns: 15 },
  );
});

test("an answer longer than a batch is none of the prompt, and other conversations are drawn by all that is said", async () => {
  const long = Array.from({ length: 4 }, (_, i) => ({ ...pair("the long one", i), chosen: `${i}`.repeat(4_300_000) }));
  const short = Array.from({ length: 20 }, (_, i) => pair(i < 8 ? "the long one" : `prompt ${i}`, i));
  await withRecords([...long, ...short], async (corpus) => {
    const { documents } = await split(corpus, { ...tenth, holdoutFraction: 0.4 });
    expect([...homesOf(documents).values()].every(({ size }) => size === 1)).toBe(true);
  });
  const answered = Array.from({ length: 30 }, (_, i) => ({ prompt: "the same", completion: `answer ${i}` }));
  await withRecords(answered, async (corpus) => {
    const { documents } = await split(corpus, { ...tenth, holdoutFraction: 0.3 });
    expect(SPLITS.every((name) => documents[name].length > 0)).toBe(true);
  });
});

test("pairs with one prompt are too little to split, and by the rule before they were drawn by all that is said", async () => {
  await withRecords(
    Array.from({ length: 30 }, (_, i) => pair("the same", i)),
    async (corpus) => {
      await expect(planSplit(corpus, tenth)).rejects.toThrow(
        "too little text to split: 30 document(s), 1 of them different, counting pairs of answers by their prompts; give more text, or set",
      );
      const { documents } = await split(corpus, { ...tenth, splitVersion: 2 });
      const held = (name: "validation" | "test") => documents[name].map((text) => /yes (\d+)/u.exec(text)?.[1]);
      expect([held("validation"), held("test")]).toEqual([
        ["14", "23", "26"],
        ["0", "13", "21"],
      ]);
    },
  );
});
