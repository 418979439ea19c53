import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { buildBins } from "../src/bins/build-bins.js";
import { openCorpus } from "../src/corpus/corpus.js";
import { temporaryFolder } from "../src/home/temporary-folder.js";
import { textStatistics } from "../src/use/text-statistics.js";
import { openTinyGpt2 } from "./fixture.js";

test("characters are counted as the text has them, whatever the tokens cut through, and documents by their tokens", async () => {
  await using temporary = await temporaryFolder();
  using opened = await openTinyGpt2();
  const { tokenizer } = opened;
  const texts = ["Für die Schiffe", "船のため 🚢🚢", "x"];
  const path = join(temporary.path, "text.txt");
  await writeFile(path, texts.join("\n"));
  const corpus = await openCorpus(path, { document: "line" });
  const split = { holdoutFraction: 0, testSplitRatio: 0, seed: 0 };
  const { train } = await buildBins({ corpus, tokenizer, split, cacheDir: join(temporary.path, "bins") });
  const { characters, documentLengths } = await textStatistics(train, tokenizer);
  expect(characters).toBe(texts.reduce((sum, text) => sum + Array.from(text).length, 0));
  expect(documentLengths).toMatchObject({ count: 3, min: 1 });
});

test("a character that a tokenizer does not know counts as one", async () => {
  await using temporary = await temporaryFolder();
  using opened = await openTinyGpt2();
  const { tokenizer } = opened;
  const path = join(temporary.path, "text.txt");
  await writeFile(path, "ab");
  const corpus = await openCorpus(path, { document: "line" });
  const split = { holdoutFraction: 0, testSplitRatio: 0, seed: 0 };
  const { train } = await buildBins({ corpus, tokenizer, split, cacheDir: join(temporary.path, "bins") });
  const unknown = {
    vocabSize: tokenizer.vocabSize,
    specials: { ...tokenizer.specials, unk: tokenizer.specials.eos, eos: null },
    isSpecial: (id: number) => tokenizer.isSpecial(id),
    tokenBytes: (id: number) => tokenizer.tokenBytes(id),
  };
  expect(await textStatistics(train, unknown)).toEqual({ characters: 3, documentLengths: null });
});
