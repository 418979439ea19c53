import { expect, test } from "vitest";
import { families, gpt2Parameters, isFamily, sizeOf } from "./capabilities.js";

test("the sizes of GPT-2 are those of the paper, and a tiny one", () => {
  expect(Object.keys(families.gpt2.sizes)).toEqual(["tiny", "small", "medium", "large", "xl"]);
  expect(sizeOf("gpt2", "small")).toEqual({ nLayer: 12, nEmbd: 768, nHead: 12 });
  expect(sizeOf("gpt2", "huge")).toBeNull();
  expect(sizeOf("gpt2", "toString")).toBeNull();
});

test.each([
  ["small", 124_439_808],
  ["medium", 354_823_168],
  ["large", 774_030_080],
  ["xl", 1_557_611_200],
])("a %s GPT-2 with its own vocabulary has %i parameters", (size, parameters) => {
  const dimensions = sizeOf("gpt2", size);
  expect(dimensions && gpt2Parameters(dimensions, 50257, 1024)).toBe(parameters);
});

test("a family is known by its name alone", () => {
  expect([isFamily("gpt2"), isFamily("llama"), isFamily("toString"), isFamily(2)]).toEqual([true, false, false, false]);
});
