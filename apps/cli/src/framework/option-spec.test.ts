import { expect, test } from "vitest";
import { z } from "zod";
import { kebab, optionSpecs } from "./option-spec.js";

test("a field's name becomes an option's", () => {
  expect(["nEmbd", "testSplitRatio", "seed"].map(kebab)).toEqual(["n-embd", "test-split-ratio", "seed"]);
});

test("an option says what the schema says", () => {
  const [spec] = optionSpecs(z.strictObject({ maxSteps: z.int().min(1).nullable().default(null).describe("steps") }));
  expect(spec).toEqual({
    key: "maxSteps",
    flag: "max-steps",
    alias: undefined,
    kind: "integer",
    description: "steps",
    choices: [],
    allowed: "a whole number from 1",
    range: "from 1",
    default: null,
    required: false,
    negated: "steps",
  });
});

test.each([
  [z.int(), "a whole number"],
  [z.int().min(1).max(16), "a whole number from 1 to 16"],
  [z.number().min(0), "a number from 0"],
  [z.number().max(3), "a number to 3"],
  [z.number().min(0).lt(1), "a number from 0 below 1"],
  [z.number().positive(), "a number above 0"],
  [z.enum(["cpu", "cuda"]), "one of: cpu, cuda"],
  [z.string(), "text"],
  [z.boolean(), "text"],
  [z.array(z.string()), "text"],
])("what is allowed is told in words (%#)", (field, allowed) => {
  expect(optionSpecs(z.object({ field }))[0]?.allowed).toBe(allowed);
});

test("kinds follow the schema's types", () => {
  const schema = z.object({
    a: z.boolean().nullable(),
    b: z.int(),
    c: z.number(),
    d: z.string(),
    e: z.array(z.string()),
    f: z.union([z.bigint(), z.int()]).transform(BigInt),
  });
  expect(optionSpecs(schema).map(({ kind }) => kind)).toEqual([
    "boolean",
    "integer",
    "number",
    "string",
    "list",
    "string",
  ]);
});
