import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { array, assert, asyncProperty, constantFrom, integer, string } from "fast-check";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { loadTokenizer } from "../src/load.js";
import { trainBpe } from "../src/train-bpe.js";
import { fixturePath, parity } from "./fixture.js";
import { scratch } from "@trainer/testing";

const mergesOf = (json: string) =>
  z
    .object({ model: z.object({ merges: z.array(z.tuple([z.string(), z.string()])) }) })
    .parse(JSON.parse(json))
    .model.merges.map((pair) => pair.join(" "));

describe("training makes the merges of Hugging Face's BpeTrainer", () => {
  test.each(parity.trainings)("on $name", async ({ texts, unit, vocabSize, minFrequency, specials, size, merges }) => {
    await using folder = await scratch();
    const settings = { vocabSize, minFrequency, specials, threads: 3 };
    const tokenizer =
      unit === null
        ? await trainBpe({ ...settings, texts })
        : await trainBpe({ ...settings, files: [await folder.write("text.txt", texts.join(""))], unit });
    await tokenizer.save(folder.path);
    expect(mergesOf(await readFile(join(folder.path, "tokenizer.json"), "utf8"))).toEqual(merges);
    expect(tokenizer.vocabSize).toBe(size);
  });

  test("and writes the very file that its save writes", async () => {
    await using folder = await scratch();
    const prose = await readFile(fixturePath("prose.txt"), "utf8");
    const scripts =
      "Ünïcödé naïve café · 中文分词很有趣。 日本語のテキスト 한국어 텍스트 हिन्दी भाषा עברית ไทย 12½ ١٢٣ 👩‍👩‍👧 🇩🇪 é\n".repeat(
        3,
      );
    const code = "def f(x):\n    if x:\n        return x  # why\n\n\n    else:\n\t\treturn [x, x]\r\n\r\n".repeat(4);
    const trained = await trainBpe({ texts: [prose, scripts, code], vocabSize: 700 });
    await trained.save(folder.path);
    const ours = await readFile(join(folder.path, "tokenizer.json"), "utf8");
    const theirs = await readFile(fixturePath("gpt2.json"), "utf8");
    expect(ours).toBe(theirs.replace('"unk_token": null', '"unk_token": "[UNK]"'));
  });

  test("however the text is cut into batches, and on any number of threads", async () => {
    const prose = await readFile(fixturePath("prose.txt"));
    const lines = prose.toString().match(/.*\n?/g) ?? [];
    let end = 0;
    const ends = Float64Array.from(lines, (line) => (end += Buffer.byteLength(line)));
    const save = async (tokenizer: Awaited<ReturnType<typeof trainBpe>>) => {
      await using folder = await scratch();
      await tokenizer.save(folder.path);
      return await readFile(join(folder.path, "tokenizer.json"), "utf8"); // before the folder goes
    };
    const byFile = await save(await trainBpe({ files: [fixturePath("prose.txt")], vocabSize: 500, threads: 1 }));
    const byText = await save(await trainBpe({ texts: lines, vocabSize: 500, threads: 2 }));
    const byBatch = await save(await trainBpe({ texts: [{ bytes: prose, ends }], vocabSize: 500, threads: 5 }));
    expect(byText).toBe(byFile);
    expect(byBatch).toBe(byFile);
  });
});

async function trainedMerges(texts: readonly string[], vocabSize: number, minFrequency: number): Promise<string[]> {
  await using folder = await scratch();
  await (await trainBpe({ texts, vocabSize, minFrequency })).save(folder.path);
  return mergesOf(await readFile(join(folder.path, "tokenizer.json"), "utf8"));
}

/** Specials and bytes: ids before the first merge. Of ASCII, the bytes' order is the code points', the space's after them. */
const BASE_SIZE = 260;

/**
 * Merges by the definition (Sennrich et al. 2016): all pairs are counted again for each. Stops, with `vocabSize` the
 * size so far, where a merge would make an existing token: from there on only parity with BpeTrainer decides.
 */
function countedMerges(texts: readonly string[], minFrequency: number): { merges: string[]; vocabSize: number } {
  const words = texts
    .flatMap((text) => text.replaceAll(" ", "Ġ").match(/Ġ?\p{Ll}+|Ġ?\p{N}+/gu) ?? [])
    .map((word) => Array.from(word));
  const made: string[] = [];
  const rank = (token: string) => (token.length === 1 ? (token.codePointAt(0) ?? 0) : 10_000 + made.indexOf(token));
  for (const merges: string[] = []; ;) {
    const counts = new Map<string, number>();
    for (const word of words) {
      for (const [i, right] of word.slice(1).entries()) {
        const pair = `${word[i] ?? ""} ${right}`;
        counts.set(pair, (counts.get(pair) ?? 0) + 1);
      }
    }
    const ranked = [...counts].map(([pair, count]) => ({ pair, count, ranks: pair.split(" ").map(rank) }));
    const [top] = ranked.toSorted(
      (a, b) => b.count - a.count || (a.ranks[0] ?? 0) - (b.ranks[0] ?? 0) || (a.ranks[1] ?? 0) - (b.ranks[1] ?? 0),
    );
    if (top === undefined || top.count < minFrequency) return { merges, vocabSize: 60_000 };
    const token = top.pair.replace(" ", "");
    if (made.includes(token)) return { merges, vocabSize: BASE_SIZE + made.length };
    made.push(token);
    merges.push(top.pair);
    for (const word of words) {
      for (let i = 0; i + 1 < word.length; i += 1) {
        if (`${word[i] ?? ""} ${word[i + 1] ?? ""}` === top.pair) word.splice(i, 2, token);
      }
    }
  }
}

test("training makes the merges that counting all pairs anew for each merge makes", async () => {
  const text = string({ unit: constantFrom("a", "b", "c", "d", "e", "1", "2", " "), maxLength: 80 }).map((s) =>
    s.replaceAll(/ +/g, " ").trim(),
  );
  await assert(
    asyncProperty(array(text, { minLength: 1, maxLength: 30 }), integer({ min: 1, max: 3 }), async (texts, least) => {
      const { merges, vocabSize } = countedMerges(texts, least);
      expect(await trainedMerges(["a", ...texts], vocabSize, least)).toEqual(merges);
    }),
    { numRuns: 100 },
  );
});

test("merges are the same with ids of two bytes and of four", async () => {
  const letters = string({ unit: constantFrom("a", "b", "c", "é", " ", "1"), maxLength: 60 });
  await assert(
    asyncProperty(array(letters, { maxLength: 12 }), async (texts) => {
      const wide = await trainedMerges(["a", ...texts], 65_535, 1);
      expect(await trainedMerges(["a", ...texts], 65_534, 1)).toEqual(wide);
    }),
    { numRuns: 40 },
  );
});

test("a trained tokenizer comes back from its folder as it was", async () => {
  await using folder = await scratch();
  const trained = await trainBpe({ files: [fixturePath("prose.txt")], vocabSize: 400 });
  await trained.save(folder.path);
  const loaded = await loadTokenizer(folder.path);
  expect(loaded.specials).toEqual({ pad: 0, unk: 1, bos: 2, eos: 3 });
  expect(loaded.vocabSize).toBe(400);
  expect(loaded.encode("First Citizen: [EOS]")).toEqual(trained.encode("First Citizen: [EOS]"));
});
