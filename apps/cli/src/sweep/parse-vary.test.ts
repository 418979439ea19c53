import { expect, test } from "vitest";
import { parseVary } from "./parse-vary.js";

test.each([
  ["learning-rate=1e-4..1e-2", { name: "learningRate", from: 1e-4, to: 1e-2, isWhole: false }],
  ["learning_rate=0.001..0.01", { name: "learningRate", from: 0.001, to: 0.01, isWhole: false }],
  ["batch-size=4..64", { name: "batchSize", from: 4, to: 64, isWhole: true }],
  ["n-layer=4,6, 8", { name: "nLayer", values: [4, 6, 8] }],
  ["size=tiny,small", { name: "modelSize", values: ["tiny", "small"] }],
  ["model=gpt2,llama", { name: "modelFamily", values: ["gpt2", "llama"] }],
  ["maskDocuments=true,false", { name: "maskDocuments", values: [true, false] }],
])("%s", (text, vary) => {
  expect(parseVary(text)).toEqual(vary);
});

test.each([
  ["learning-rate", "must be name=from..to or name=value,value,..."],
  ["learning-rat=1", "learning-rat is no option of a training that a sweep can vary. Did you mean learning-rate?"],
  ["lr=1e-4..1e-2", "--vary lr=1e-4..1e-2: lr is called learning-rate here"],
  ["grad_clip=1,2", "grad_clip is called gradient-clipping here"],
  ["epochs=1,2", /epochs is no option of a training that a sweep can vary/],
  ["seed=1,2", "seed is no option"],
  ["zzzzzzzzzzzz=1", /is no option of a training that a sweep can vary\.$/],
  ["learning-rate=1e-2..1e-4", "0.01 is not below 0.0001"],
  ["learning-rate=fast", "fast must be a number"],
  ["n-layer=0,4", "0 must be a whole number above 0"],
  ["model=gpt3", "gpt3 must be one of:"],
  ["mask-documents=perhaps", "perhaps must be true or false"],
])("%s is refused", (text, why) => {
  expect(() => parseVary(text)).toThrow(why);
});
