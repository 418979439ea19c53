import { writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { fixturePath } from "../test/fixture.js";
import { scratch } from "@trainer/testing";
import { loadTokenizer } from "./load.js";
import { trainBpe } from "./train-bpe.js";
import type { TrainProgress } from "./train-options.js";

const prose = fixturePath("prose.txt");

test("progress goes from counting to merging and ends complete", async () => {
  const seen: TrainProgress[] = [];
  const tokenizer = await trainBpe({ files: [prose], vocabSize: 400, onProgress: (p) => seen.push(p) });
  expect(seen.map(({ phase }) => phase).filter((phase, i, all) => phase !== all[i - 1])).toEqual(["count", "merge"]);
  expect(seen.at(-1)).toEqual({ phase: "merge", bytes: 16_000, totalBytes: 16_000, merges: 140, totalMerges: 140 });
  expect(tokenizer.merges).toBe(140);
});

test("a text smaller than the vocabulary asked for gives a smaller vocabulary", async () => {
  const tokenizer = await trainBpe({ texts: ["ab ab ab"], vocabSize: 1000 });
  expect(tokenizer.vocabSize).toBe(262); // 4 special tokens, 256 bytes, "ab", " ab"
});

test("a text with nothing to merge gives the bytes alone, and a file that loads", async () => {
  await using folder = await scratch();
  const tokenizer = await trainBpe({ texts: ["x y"], vocabSize: 400 });
  await tokenizer.save(folder.path);
  expect((await loadTokenizer(folder.path)).vocabSize).toBe(260);
});

test("training runs until it is cancelled, and then stops", async () => {
  const controller = new AbortController();
  async function* endless() {
    for (let i = 0; ; i++) {
      if (i === 50) controller.abort();
      yield new TextEncoder().encode("words and more words ".repeat(10_000));
    }
  }
  const training = trainBpe({ texts: endless(), vocabSize: 400, signal: controller.signal });
  await expect(training).rejects.toMatchObject({ code: "CANCELLED" });
});

test("training on files is cancelled in the middle of one", async () => {
  await using folder = await scratch();
  const path = await folder.write("long.txt", "");
  writeFileSync(path, "one line of a long text, and then another\n".repeat(1_500_000));
  const controller = new AbortController();
  const training = trainBpe({ files: [path], vocabSize: 400, signal: controller.signal, threads: 1 });
  setTimeout(() => controller.abort(), 20);
  await expect(training).rejects.toMatchObject({ code: "CANCELLED" });
});

test("a signal aborted beforehand cancels at once", async () => {
  const training = trainBpe({ files: [prose], vocabSize: 400, signal: AbortSignal.abort() });
  await expect(training).rejects.toMatchObject({ code: "CANCELLED" });
});

test.each([
  [{}, /either files or texts/],
  [{ files: [prose], texts: [] }, /either files or texts/],
  [{ files: [prose], vocabSize: 259 }, /byte-level BPE needs 260/],
  [{ files: [prose], vocabSize: 2 ** 25 }, /out of range/],
  [{ files: [prose], vocabSize: 300.5 }, /vocabSize must be a whole number/],
  [{ files: [prose], minFrequency: -1 }, /minFrequency must be a whole number/],
  [{ files: [prose], threads: 0 }, /threads must be 1 or more/],
  [{ files: [prose], specials: [""] }, /cannot be empty/],
  [{ files: ["/nowhere/at/all"] }, /cannot read \/nowhere/],
  [{ files: ["/tmp"] }, /\/tmp is not a file/],
  [{ texts: [{ bytes: new Uint8Array(3), ends: Uint32Array.of(4) }] }, /document 0 ends at 4/],
])("%o is refused", async (options, message) => {
  const training = trainBpe({ vocabSize: 300, ...options });
  await expect(training).rejects.toMatchObject({ code: "INVALID_INPUT" });
  await expect(training).rejects.toThrow(message);
});

test("a unit that is neither line nor file is refused", async () => {
  const options: object = { unit: "paragraph" };
  await expect(trainBpe({ files: [prose], vocabSize: 300, ...options })).rejects.toMatchObject({
    code: "INVALID_INPUT",
  });
});

test("texts that are no texts are refused", async () => {
  for (const texts of [[null], [7]]) {
    const options: object = { texts };
    await expect(trainBpe({ texts: [], vocabSize: 300, ...options })).rejects.toMatchObject({ code: "INVALID_INPUT" });
  }
});

test.each([[[]], [["", ""]], [[new Uint8Array()]]])(
  "no text to train on (%j) is an error of its own",
  async (texts) => {
    await expect(trainBpe({ texts, vocabSize: 300 })).rejects.toMatchObject({ code: "CORPUS_EMPTY" });
  },
);

test("a file that cannot be read fails the training and is named", async () => {
  // It claims to be a file, but reading it fails.
  const training = trainBpe({ files: ["/proc/self/mem"], vocabSize: 300 });
  await expect(training).rejects.toMatchObject({ code: "TOKENIZER_TRAIN_FAILED" });
  await expect(training).rejects.toThrow("/proc/self/mem");
});

test("what the source of texts throws comes through", async () => {
  async function* broken() {
    yield "one text";
    throw new RangeError("the source broke");
  }
  await expect(trainBpe({ texts: broken(), vocabSize: 300 })).rejects.toMatchObject({
    code: "TOKENIZER_TRAIN_FAILED",
    cause: { message: "the source broke" },
  });
});

test("without [UNK] among the special tokens nothing is unknown", async () => {
  const tokenizer = await trainBpe({ texts: ["aa aa"], vocabSize: 300, specials: ["<s>", "</s>"] });
  expect(tokenizer.specials).toEqual({ pad: null, unk: null, bos: 0, eos: 1 });
});

test("and even when it is no error", async () => {
  const texts: AsyncIterable<string> = { [Symbol.asyncIterator]: () => ({ next: () => Promise.reject("no reason") }) };
  await expect(trainBpe({ texts, vocabSize: 300 })).rejects.toThrow("training failed: 'no reason'");
});

test("millions of different words that two threads counted are put together in less time than counting them took", async () => {
  function* texts() {
    for (let batch = 0; batch < 30; batch++) {
      const word = (i: number) => ` ${(((batch * 100_000 + i) * 2_654_435_761) % 2 ** 32).toString(36)}x`;
      yield Array.from({ length: 100_000 }, (_, i) => word(i)).join("");
    }
  }
  const began = performance.now();
  let counted = Number.NaN;
  const onProgress = ({ phase }: TrainProgress) => {
    if (phase === "merge" && Number.isNaN(counted)) counted = performance.now();
  };
  await trainBpe({ texts: texts(), vocabSize: 261, threads: 2, onProgress });
  expect(performance.now() - counted).toBeLessThan((counted - began) / 2);
});
