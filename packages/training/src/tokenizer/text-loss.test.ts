import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { trainBpe, trainSentencePiece } from "@trainer/tokenizers";
import { expect, test } from "vitest";
import { openCorpus } from "../corpus/corpus.js";
import { temporaryFolder } from "../home/temporary-folder.js";
import { lossWarning, textLoss } from "./text-loss.js";

const LINE = "to be, or not to be";

async function corpusOf(text: string, document: "line" | "file") {
  const folder = await temporaryFolder();
  const path = join(folder.path, "text.txt");
  await writeFile(path, text);
  return { corpus: await openCorpus(path, { document }), [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

test("what a tokenizer loses is measured on documents as they are, with the line breaks within them", async () => {
  const tokenizer = await trainSentencePiece({ texts: [LINE.repeat(20)], vocabSize: 40, hardVocabLimit: false });
  const text = `${LINE}\n${LINE}\n`;
  await using lines = await corpusOf(text, "line");
  expect(await textLoss(tokenizer, lines.corpus)).toMatchObject({ bytes: 2 * LINE.length, lost_bytes: 0 });
  await using file = await corpusOf(text, "file");
  const loss = await textLoss(tokenizer, file.corpus);
  expect(loss).toEqual({ bytes: text.length, characters: text.length, lost_bytes: 2, unknown_characters: 0 });
  expect(lossWarning(loss, false)).toMatch(
    /: 5 % of the bytes do not come back, line breaks are lost, in its first 40 /,
  );
  await using strange = await corpusOf("中文字 be", "file");
  expect(lossWarning(await textLoss(tokenizer, strange.corpus), true)).toContain("50 % of the characters are unknown");
  const bpe = await trainBpe({ texts: [LINE], vocabSize: 270 });
  expect(lossWarning(await textLoss(bpe, file.corpus), true)).toBeNull();
});

test("characters that are unknown are told of, whether or not their bytes come back", () => {
  const unknown = { bytes: 40, characters: 20, lost_bytes: 0, unknown_characters: 5 };
  expect(lossWarning(unknown, true)).toMatch(/: 25 % of the characters are unknown, in its first 40 bytes/);
});

test("a long text is measured as far as a sample goes, and no character of it cut", async () => {
  const bpe = await trainBpe({ texts: [LINE], vocabSize: 270 });
  await using corpus = await corpusOf(`${"é中".repeat(10_000)}x\n`.repeat(20), "line");
  const { bytes, lost_bytes } = await textLoss(bpe, corpus.corpus);
  expect(bytes).toBeLessThan(2 ** 18 + 2 ** 15);
  expect(bytes).toBeGreaterThan(2 ** 17);
  expect(lost_bytes).toBe(0);
});
