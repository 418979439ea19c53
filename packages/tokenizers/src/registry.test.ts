import { expect, test } from "vitest";
import { scratch } from "@trainer/testing";
import { addMethod, isMethod, methodInfo, methodNames } from "./capabilities.js";
import { loadTokenizer } from "./load.js";
import type { TrainableBackend } from "./backend.js";
import { backends, registerTokenizer } from "./registry.js";
import { trainChar } from "./train-char.js";
import { trainTokenizer } from "./train-tokenizer.js";

/** Characters under another name. */
const info = { title: "Letters", leastVocabSize: null, options: [] };
const letters: TrainableBackend = {
  train: (options) => trainChar(options),
  recognizes: ({ type }) => type === "letters",
  load: () => trainChar({ texts: ["abc"] }),
};

async function loaded(kind: string): Promise<number> {
  await using folder = await scratch();
  return (await loadTokenizer(await folder.write("tokenizer.json", JSON.stringify({ kind })))).vocabSize;
}

test("a tokenizer that is registered is trained and loaded like those of the package", async () => {
  registerTokenizer("letters", info, letters);
  expect(methodNames()).toEqual(["bpe", "char", "sentencepiece", "letters"]);
  expect([...backends().keys()]).toEqual(["bpe", "char", "sentencepiece", "letters", "pieces"]);
  expect([isMethod("letters"), isMethod("toString"), isMethod(1)]).toEqual([true, false, false]);
  expect((await trainTokenizer("letters", { texts: ["ab"], vocabSize: 9 })).vocabSize).toBe(6);
  expect(await loaded("letters")).toBe(7);
});

test("the code of one that is known by its name is loaded to train it, and to see whether a file is its own", async () => {
  let loads = 0;
  const late = (name: string) =>
    addMethod(name, {
      ...info,
      async loadCode() {
        loads += 1;
        registerTokenizer(name, info, { ...letters, recognizes: ({ type }) => type === name });
      },
    });
  late("late");
  expect((await trainTokenizer("late", { texts: ["ab"], vocabSize: 9 })).vocabSize).toBe(6);
  late("later");
  expect(await loaded("later")).toBe(7);
  await expect(loaded("nobody's")).rejects.toThrow(
    'holds a "nobody\'s" model; there are bpe, char, sentencepiece, letters, late, later, pieces',
  );
  expect(loads).toBe(2);
});

test("a taken name is refused, and one that nobody has with those there are", async () => {
  expect(() => registerTokenizer("bpe", info, letters)).toThrow('there is a tokenizer "bpe" already');
  expect(() => addMethod("bpe", info)).toThrow('there is a tokenizer "bpe" already');
  expect(() => methodInfo("words")).toThrow("no tokenizer 'words'; there are bpe, char, sentencepiece");
  addMethod("empty", info);
  await expect(trainTokenizer("empty", { texts: ["a"], vocabSize: 9 })).rejects.toMatchObject({
    code: "UNSUPPORTED_BACKEND",
    message: 'the code of the tokenizer "empty" is not loaded',
  });
});
