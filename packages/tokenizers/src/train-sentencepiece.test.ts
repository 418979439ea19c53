import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fixturePath } from "../test/fixture.js";
import { scratch } from "@trainer/testing";
import type { SentencePieceTokenizer } from "./sentencepiece.js";
import { trainSentencePiece, type TrainSentencePieceOptions } from "./train-sentencepiece.js";
import type { SkippedLines, TrainProgress } from "./train-options.js";

const prose = fixturePath("prose.txt");
const code = (name: string): unknown => expect.objectContaining({ code: name });

async function modelOf(tokenizer: SentencePieceTokenizer): Promise<Buffer> {
  await using folder = await scratch();
  await tokenizer.save(folder.path);
  return await readFile(join(folder.path, "tokenizer.model")); // before the folder goes
}

test("the special tokens are those of every new tokenizer, without padding", async () => {
  const tokenizer = await trainSentencePiece({ files: [prose], vocabSize: 300 });
  expect(tokenizer.vocabSize).toBe(300);
  expect(tokenizer.specials).toEqual({ pad: null, unk: 0, bos: 1, eos: 2 });
  expect([0, 1, 2].map((id) => tokenizer.token(id))).toEqual(["[UNK]", "[BOS]", "[EOS]"]);
});

test.each(["bpe", "unigram"] as const)(
  "progress goes from counting to merging and ends complete (%s)",
  async (modelType) => {
    const seen: TrainProgress[] = [];
    const options = { files: [prose], vocabSize: 300, modelType, onProgress: (p: TrainProgress) => seen.push(p) };
    await trainSentencePiece(options);
    expect(seen.at(-1)).toEqual({ phase: "merge", bytes: 16_000, totalBytes: 16_000, merges: 300, totalMerges: 300 });
    for (const [i, { merges }] of seen.entries()) expect(merges).toBeGreaterThanOrEqual(seen[i - 1]?.merges ?? 0);
  },
);

test("while it learns, progress is told now and then", async () => {
  const seen: TrainProgress[] = [];
  const text = Array.from({ length: 10_000 }, (_, i) => `${i * 7919} ${(i * 104_729).toString(36)}`);
  const onProgress = (progress: TrainProgress) => seen.push(progress);
  await trainSentencePiece({ texts: text, vocabSize: 500, modelType: "unigram", numThreads: 2, onProgress });
  const learning = seen.filter(({ phase }) => phase === "merge").map(({ merges }) => merges);
  expect(learning.length).toBeGreaterThan(1);
  expect(learning.toSorted((a, b) => a - b)).toEqual(learning);
});

test("lines are the same sentences however the texts are cut", async () => {
  const text = await readFile(prose);
  const lines = text.toString().split("\n");
  let end = 0;
  const ends = Float64Array.from(lines, (line) => (end += Buffer.byteLength(line)));
  const documents = { bytes: Buffer.from(lines.join("")), ends };
  const sources = [
    [text.toString()],
    [text],
    lines,
    [documents],
    [{ bytes: new Uint8Array(), ends: new Uint32Array() }, text],
  ];
  const expected = await modelOf(await trainSentencePiece({ files: [prose], vocabSize: 300 }));
  for (const texts of sources) {
    expect((await modelOf(await trainSentencePiece({ texts, vocabSize: 300 }))).equals(expected)).toBe(true);
  }
});

test("a sample of the sentences is the same one each time", async () => {
  const options = { files: [prose], vocabSize: 200, inputSentenceSize: 101, hardVocabLimit: false };
  const [first, second] = [await trainSentencePiece(options), await trainSentencePiece(options)];
  expect((await modelOf(first)).equals(await modelOf(second))).toBe(true);
});

test("a source of texts is read no further than is wanted, and no faster than is read", async () => {
  let given = 0;
  function* endless() {
    for (;;) {
      given += 1;
      yield Buffer.from(`sentence ${given} of a text without an end\n`.repeat(20_000));
    }
  }
  const options = { texts: endless(), vocabSize: 100, hardVocabLimit: false };
  const tokenizer = await trainSentencePiece({ ...options, inputSentenceSize: 500_000, shuffleInputSentence: false });
  expect(tokenizer.vocabSize).toBeGreaterThan(20);
  expect(given).toBeGreaterThanOrEqual(25);
  expect(given).toBeLessThan(150);
});

test("a line as long as a file is skipped, and what is skipped is said where nothing is left", async () => {
  const long = "a long line ".repeat(500_000);
  const tokenizer = await trainSentencePiece({ texts: [`${long}\nshort\n`], vocabSize: 100, hardVocabLimit: false });
  expect([...tokenizer.encode("long")]).toContain(0);
  await expect(trainSentencePiece({ texts: [long], vocabSize: 100 })).rejects.toThrow(
    /no text to train on: all 1 lines are longer than maxSentenceLength 4192/,
  );
});

test("lines that are not learned from are counted, with their bytes", async () => {
  const seen: SkippedLines[] = [];
  const onSkipped = (skipped: SkippedLines) => seen.push(skipped);
  const options = { vocabSize: 30, hardVocabLimit: false, maxSentenceLength: 20, onSkipped };
  const texts = ["a short line\r\n", "one that is longer than that\n", "▅ is kept\nthe end, which is too long"];
  await trainSentencePiece({ texts, ...options });
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  expect(seen).toEqual([
    { bytes, maxSentenceLength: 20, tooLong: 2, tooLongBytes: 28 + 26, reserved: 1, reservedBytes: 11 },
  ]);
  await trainSentencePiece({ texts: ["a short line"], ...options });
  expect(seen).toHaveLength(1);
  const none = trainSentencePiece({ texts: ["▅ is kept\nthe end, which is too long"], ...options });
  await expect(none).rejects.toThrow(
    "there is no text to train on: 1 lines are longer than maxSentenceLength 20, " +
      "1 lines have the character U+2585, which SentencePiece's trainer keeps",
  );
});

test.each([[[]], [["", "\n", "\r\n"]], [[new Uint8Array()]], [["\u2585"]]])(
  "no text to train on (%j) is an error of its own",
  async (texts) => {
    await expect(trainSentencePiece({ texts, vocabSize: 300 })).rejects.toThrow(code("CORPUS_EMPTY"));
  },
);

test("a vocabulary that the text cannot give is refused with the largest there can be, and that one works", async () => {
  for (const modelType of ["bpe", "unigram", "word"] as const) {
    const options = { texts: ["a few words, and a few more words"], modelType };
    const refused = await trainSentencePiece({ ...options, vocabSize: 5000 }).catch((error: unknown) => error);
    expect(refused).toEqual(code("INVALID_INPUT"));
    const most = Number(/more than this text can give, (\d+);/.exec(String(refused))?.[1]);
    expect((await trainSentencePiece({ ...options, vocabSize: most, threads: 2 })).vocabSize).toBe(most);
    expect((await trainSentencePiece({ ...options, vocabSize: 5000, hardVocabLimit: false })).vocabSize).toBe(most);
  }
});

test("a vocabulary too small for the characters is refused with the least there can be", async () => {
  const options: TrainSentencePieceOptions = { files: [prose], vocabSize: 20 };
  const refused = await trainSentencePiece(options).catch((error: unknown) => error);
  expect(refused).toEqual(code("INVALID_INPUT"));
  const least = Number(/no room for the (\d+) characters/.exec(String(refused))?.[1]);
  expect((await trainSentencePiece({ ...options, vocabSize: least })).vocabSize).toBe(least);
});

test.each([
  [{}, /either files or texts/],
  [{ files: [prose], vocabSize: 0 }, /vocabSize must be from 1/],
  [{ files: [prose], vocabSize: 1.5 }, /vocabSize must be a whole number/],
  [{ files: [prose], vocabSize: 2 ** 25 }, /vocabSize must be from 1/],
  [{ files: [prose], threads: 0 }, /threads must be 1 or more/],
  [
    { files: [prose], characterCoverage: 0.5, inputSentenceSize: 50 },
    /characterCoverage: .*; inputSentenceSize: must be 0/,
  ],
  [{ files: [prose], vocabularySize: 300 }, /other options: .*vocabularySize/],
  [{ files: ["/nowhere/at/all"] }, /cannot read \/nowhere/],
  [{ files: ["/tmp"] }, /\/tmp is not a file/],
  [{ texts: [{ bytes: new Uint8Array(3), ends: Uint32Array.of(4) }] }, /document 0 ends at 4/],
])("%o is refused", async (options: object, message) => {
  const training = trainSentencePiece({ vocabSize: 300, ...options });
  await expect(training).rejects.toThrow(code("INVALID_INPUT"));
  await expect(training).rejects.toThrow(message);
});

test("what only the library knows to be wrong is an error of training, in its words", async () => {
  const training = trainSentencePiece({
    files: [prose],
    vocabSize: 300,
    controlSymbols: ["<a>", "<a>"],
    userDefinedSymbols: [],
  });
  await expect(training).rejects.toThrow(code("TOKENIZER_TRAIN_FAILED"));
  await expect(training).rejects.toThrow(/<a> is already defined/);
  const tsv = trainSentencePiece({ files: [prose], vocabSize: 300, normalizationRuleTsv: "/nowhere.tsv" });
  await expect(tsv).rejects.toThrow(code("TOKENIZER_TRAIN_FAILED"));
});

test("a file that cannot be read fails the training and is named", async () => {
  // It claims to be a file, but reading it fails.
  const training = trainSentencePiece({ files: ["/proc/self/mem"], vocabSize: 300 });
  await expect(training).rejects.toThrow(code("TOKENIZER_TRAIN_FAILED"));
  await expect(training).rejects.toThrow("/proc/self/mem");
});

test("what the source of texts throws comes through", async () => {
  async function* broken() {
    yield "one text";
    throw new RangeError("the source broke");
  }
  await expect(trainSentencePiece({ texts: broken(), vocabSize: 300 })).rejects.toMatchObject({
    code: "TOKENIZER_TRAIN_FAILED",
    cause: { message: "the source broke" },
  });
});

test("a signal aborted beforehand cancels at once", async () => {
  const training = trainSentencePiece({ files: [prose], vocabSize: 300, signal: AbortSignal.abort() });
  await expect(training).rejects.toThrow(code("CANCELLED"));
});

test("training is cancelled while it waits for texts", async () => {
  const controller = new AbortController();
  async function* waiting() {
    yield "one text";
    setTimeout(() => controller.abort(), 20);
    await new Promise(() => {}); // it never comes
  }
  const training = trainSentencePiece({ texts: waiting(), vocabSize: 300, signal: controller.signal });
  await expect(training).rejects.toThrow(code("CANCELLED"));
});

test("training is cancelled while it learns", async () => {
  const controller = new AbortController();
  const texts = Array.from({ length: 100_000 }, (_, i) => `${i * 7919} ${(i * 104_729).toString(36)}`);
  const onProgress = ({ phase }: TrainProgress) => {
    if (phase === "merge") controller.abort();
  };
  const training = trainSentencePiece({ texts, vocabSize: 30_000, signal: controller.signal, onProgress });
  await expect(training).rejects.toThrow(code("CANCELLED"));
});

test("a model with a rule that makes much of a character is refused", async () => {
  await using folder = await scratch();
  const rule = async (length: number) => {
    const normalizationRuleTsv = await folder.write("rules.tsv", `61\t${"62 ".repeat(length).trim()}\n`);
    return await trainSentencePiece({ texts: ["a b c d"], vocabSize: 10, hardVocabLimit: false, normalizationRuleTsv });
  };
  expect((await rule(256)).encode("a").length).toBeGreaterThan(0);
  await expect(rule(257)).rejects.toThrow("a rule of its normalizer makes more than 256 bytes of a character");
});
