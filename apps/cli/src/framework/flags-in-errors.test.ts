import { expect, test } from "vitest";
import { withFlags } from "./flags-in-errors.js";

const specs = [
  { key: "vocabSize", flag: "vocab-size" },
  { key: "model", flag: "model" },
  { key: "seed", flag: "seed" },
];
const told = (message: string) => String(withFlags(new Error(message), specs, { model: "model-family" }));

test("fields of libraries and requests are called by their flags", () => {
  expect(told("vocabSize: 3 is too small; vocab_size must be >= 128")).toBe(
    "Error: --vocab-size: 3 is too small; --vocab-size must be >= 128",
  );
  expect(told("modelFamily, model_family")).toBe("Error: --model, --model");
});

test("a field of one word is one where a refusal begins with it, or in backticks", () => {
  expect(told("seed: it is no number; leave `model` out")).toBe("Error: --seed: it is no number; leave --model out");
  expect(told("the options of the run are wrong: seed: it does not go with vocabSize")).toBe(
    "Error: the options of the run are wrong: --seed: it does not go with --vocab-size",
  );
  const message = "the seed: a text of seed: `other`, seed";
  expect(told(message)).toBe(`Error: ${message}`);
});

test("other words, and parts of paths and of longer words, stay", () => {
  const message = "seed of hardVocabLimit in /tmp/vocabSize, ./vocabSize/x and vocabSize.txt-vocabSize, xvocabSize";
  expect(told(message)).toBe(`Error: ${message}`);
  expect(withFlags("vocabSize", specs)).toBe("vocabSize");
});
