import { familyInfo } from "@trainer/models/capabilities";
import { expect, test } from "vitest";
import { candidatesOf } from "./candidates.js";
import { shapesOf } from "./shapes.js";

test.each(["gpt2", "llama", "qwen"])("every shape of %s is a model, each wider than the one before", (family) => {
  const outlines = shapesOf(family).map(({ modelSize: size, modelConfig: dimensions }) =>
    familyInfo(family)?.outline({ size, dimensions }),
  );
  const widths = outlines.map((outline) => outline?.width ?? 0);
  expect(widths).toEqual(widths.toSorted((a, b) => a - b));
  expect(widths.length).toBeGreaterThan(8);
});

test("a family that brings its own sizes has these", () => {
  expect(shapesOf("char_lstm").map(({ modelSize }) => modelSize)).toEqual(
    Object.keys(familyInfo("char_lstm")?.sizes ?? {}),
  );
  expect(shapesOf("none")).toEqual([]);
});

const base = { vocabSize: 1000, compute: { device: "cpu", precision: "fp32" } } as const;

test("candidates grow from one to the next, and their bodies are what is beside the embedding", () => {
  const candidates = candidatesOf({ ...base, input: { corpus: "a.txt", modelFamily: "llama" }, given: new Set() });
  for (const [i, each] of candidates.slice(1).entries()) {
    expect(each.weightBytes).toBeGreaterThan(candidates[i]?.weightBytes ?? 0);
    expect(each.work).toBeGreaterThan(candidates[i]?.work ?? 0);
  }
  const [smallest] = candidates;
  expect(smallest?.parameters).toBe(Number(smallest?.body) + 64 * 1000);
  expect(smallest?.tokensPerStep).toBe(Number(smallest?.batchSize) * Number(smallest?.seqLen));
});

test("what was given stays: a size or a dimension leaves one candidate, another option changes all", () => {
  const sized = candidatesOf({ ...base, input: { corpus: "a.txt", modelSize: "tiny" }, given: new Set(["modelSize"]) });
  expect(sized.map(({ options }) => options.modelConfig)).toEqual([{}]);
  const modelConfig = { nEmbd: 48, nHead: 2 };
  const own = candidatesOf({ ...base, input: { corpus: "a.txt", modelConfig }, given: new Set(["modelConfig"]) });
  expect(own.map(({ options }) => options.modelConfig)).toEqual([modelConfig]);
  const input = { corpus: "a.txt", learningRate: 1e-4, gradAccumSteps: 3, modelConfig: { embdPdrop: 0.2 } };
  const others = candidatesOf({ ...base, input, given: new Set(["learningRate"]) });
  expect(others.length).toBeGreaterThan(8);
  for (const { options, decided, batchSize, seqLen, tokensPerStep } of others) {
    expect(options.learningRate).toBe(1e-4);
    expect(options.modelConfig).toMatchObject({ embdPdrop: 0.2, attnPdrop: 0 });
    expect(decided).not.toHaveProperty("learningRate");
    expect(tokensPerStep).toBe(3 * batchSize * seqLen);
  }
});

test("rates that were found for AdamW are not those of another optimizer", () => {
  const [sgd] = candidatesOf({ ...base, input: { corpus: "a.txt", optimizer: "sgd" }, given: new Set(["optimizer"]) });
  expect(sgd?.decided).not.toHaveProperty("learningRate");
  expect(sgd?.decided).toHaveProperty("lrSchedule", "linear");
});
