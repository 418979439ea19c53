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

test("other words, and parts of paths and of longer words, stay", () => {
  const message = "seed of hardVocabLimit in /tmp/vocabSize, ./vocabSize/x and vocabSize.txt-vocabSize, xvocabSize";
  expect(told(message)).toBe(`Error: ${message}`);
  expect(withFlags("vocabSize", specs)).toBe("vocabSize");
});
