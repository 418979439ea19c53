import { matching } from "@trainer/testing";
import { expect, test } from "vitest";
import { z } from "zod";
import {
  camel,
  camelKeys,
  ChatOptions,
  EvaluateOptions,
  GenerateOptions,
  grouped,
  optionFacts,
  preset,
  ResumeOptions,
  ScoreOptions,
  snake,
  snakeKeys,
  TrainOptions,
  ungrouped,
} from "./index.js";

/** Options without a flag or field of their own: their stand-in has the help. */
const WITHOUT_HELP = new Set(["corpus", "corpusFileId", "prompt", "prompts"]);

type Shape = Readonly<Record<string, z.ZodType>>;
const shapes: readonly Shape[] = [
  TrainOptions,
  EvaluateOptions,
  GenerateOptions,
  ResumeOptions,
  ScoreOptions,
  ChatOptions,
].map((options): Shape => options.shape);

test.each(shapes)("each option has its help, as a flag shows it (%#)", (shape) => {
  for (const [name, option] of Object.entries(shape)) {
    if (WITHOUT_HELP.has(name)) continue;
    expect([name, optionFacts(option).description]).toEqual([name, matching(/^\S.*[^.\s]$/)]);
  }
});

test("each option of a training stands under a heading", () => {
  const headings = Object.values(TrainOptions.shape).map((option) => optionFacts(option).group);
  expect(new Set(headings)).toEqual(
    new Set([
      "Text and tokenizer",
      "Model",
      "Fine-tuning",
      "Distillation",
      "Training",
      "Reports and checkpoints",
      "Machine",
    ]),
  );
});

test("a most lies within the bounds that an option has by itself", () => {
  const bounded = shapes
    .flatMap((shape) => Object.values(shape))
    .map((option) => optionFacts(option))
    .filter(({ most }) => most !== undefined);
  expect(bounded.length).toBeGreaterThan(8);
  for (const { most = 0, minimum = 0, maximum = Infinity } of bounded) {
    expect(most).toBeGreaterThan(minimum);
    expect(most).toBeLessThanOrEqual(maximum);
  }
});

const nothing = {
  choices: [],
  words: [],
  minimum: undefined,
  maximum: undefined,
  above: undefined,
  below: undefined,
  default: undefined,
  required: false,
  description: "",
  auto: undefined,
  group: undefined,
  negated: undefined,
  flag: undefined,
  most: undefined,
  namesOf: undefined,
};

test.each([
  [z.boolean().default(true), { kind: "boolean", default: true }],
  [z.int().min(1).max(9).nullable().default(null), { kind: "integer", minimum: 1, maximum: 9, default: null }],
  [z.number().gt(0).lt(1), { kind: "number", above: 0, below: 1, required: true }],
  [z.enum(["a", "b"]).nullable().default("b"), { kind: "string", choices: ["a", "b"], default: "b" }],
  [z.array(z.string()).default([]), { kind: "list", default: [] }],
  [
    z.union([z.int().min(0), z.literal("auto")]).default(2),
    { kind: "integer", minimum: 0, words: ["auto"], default: 2 },
  ],
  [
    z
      .union([z.int().min(3), z.bigint()])
      .nullable()
      .default(null),
    { kind: "integer", minimum: 3, default: null },
  ],
  [z.union([z.bigint(), z.int()]).optional(), { kind: "string" }], // a number would not hold it
  [
    z.string().default("x").meta({ description: "d", namesOf: "methods", flag: "f", negated: "n", auto: "a", most: 7 }),
    { kind: "string", default: "x", description: "d", namesOf: "methods", flag: "f", negated: "n", auto: "a", most: 7 },
  ],
])("the facts of an option are those of its schema (%#)", (option, facts) => {
  expect(optionFacts(option)).toEqual({ ...nothing, ...facts });
});

test("a registry that there is not is refused", () => {
  expect(() => optionFacts(z.string().meta({ namesOf: "colours" }))).toThrow("namesOf");
});

test("headings come and go without anything else of an option", () => {
  const shape = { rate: z.number().min(0).default(1).describe("how fast") };
  const { rate } = grouped("Speed", shape);
  expect(optionFacts(rate)).toEqual({ ...optionFacts(shape.rate), group: "Speed" });
  expect(optionFacts(ungrouped({ rate }).rate)).toEqual(optionFacts(shape.rate));
  expect(optionFacts(shape.rate).group).toBeUndefined();
});

test("an option that needs another names one, which stands before it under the same heading", () => {
  const all = Object.entries(TrainOptions.shape).map(([name, option]) => ({ name, facts: optionFacts(option) }));
  const needy = all.filter(({ facts }) => facts.needs !== undefined);
  for (const { name, facts } of needy) {
    const needed = all.findIndex((each) => each.name === facts.needs);
    const isBefore = needed >= 0 && needed < all.findIndex((each) => each.name === name);
    expect([name, isBefore, all[needed]?.facts.group]).toEqual([name, true, facts.group]);
  }
  expect(needy.map(({ name }) => name)).toContain("kdWeight");
});

test("another default leaves bounds, help and heading as they are", () => {
  const { learningRate } = TrainOptions.shape;
  expect(optionFacts(preset(learningRate, 1))).toEqual({ ...optionFacts(learningRate), default: 1 });
});

test("every option's name goes into a request and comes back", () => {
  for (const shape of shapes)
    for (const name of Object.keys(shape)) {
      expect(snake(name)).toMatch(/^[a-z][a-z0-9_]*$/);
      expect(camel(snake(name))).toBe(name);
    }
  expect(snakeKeys({ nEmbd: { headDim: 1 }, beta1: null })).toEqual({ n_embd: { headDim: 1 }, beta1: null });
  expect(camelKeys({ n_embd: { head_dim: 1 }, beta1: null })).toEqual({ nEmbd: { head_dim: 1 }, beta1: null });
});
