import { expect, test } from "vitest";
import { givenOptions, isOpen } from "./given-options.js";

test("dimensions are parts of one option, the rest are options themselves", () => {
  const given = givenOptions(new Set(["nLayer", "hiddenSize", "batchSize", "dropout"]));
  expect([...given].toSorted()).toEqual(["batchSize", "dropout", "modelConfig"]);
});

test.each([
  [[], true],
  [["batchSize", "modelFamily", "seed", "vocabSize"], true],
  [["modelSize"], false],
  [["numLayers"], false],
  [["maxSteps"], false],
  [["numEpochs"], false],
  [["pretrainedRunId"], false],
])("with %j size and length are open: %s", (typed, open) => {
  expect(isOpen(new Set(typed))).toBe(open);
});
