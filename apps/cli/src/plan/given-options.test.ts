import { expect, test } from "vitest";
import { toTrainInput, TrainFlags } from "../flags/train-options.js";
import { givenOptions, isOpen, toBePlanned } from "./given-options.js";

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

test("rates of dropout are those of the family that is planned, or of the one that was typed", () => {
  const ratesOf = (flags: object) => {
    const parsed = TrainFlags.parse({ dropout: 0.1, ...flags });
    return toTrainInput(["a.txt"], toBePlanned(parsed, new Set(Object.keys(flags)))).modelConfig;
  };
  expect(ratesOf({})).toEqual({ attentionDropout: 0.1 });
  expect(ratesOf({ modelFamily: "gpt2" })).toEqual({ embdPdrop: 0.1, attnPdrop: 0.1, residPdrop: 0.1 });
});
