import {
  ChatOptions,
  EvaluateOptions,
  GenerateOptions,
  notInRequests,
  optionFacts,
  ScoreOptions,
  snake,
  TrainOptions,
} from "@trainer/options";
import { expect, test } from "vitest";
import { z } from "zod";
import { textsNamed, TrainRequest, trainRequest } from "./train.js";
import { ChatRequest, EvaluateRequest, GenerateRequest, ScoreRequest } from "./use.js";
import { wire } from "./wire.js";

type Shape = Readonly<Record<string, z.ZodType>>;

/** Options that a request asks for in a way of its own, each with why. */
const OTHERWISE = {
  train: {
    corpus: "corpus_path: one, of the server's",
    modelConfig: "null for none",
    maxSeconds: "a number of seconds, without a unit",
    maxSeqLen: "512 where it is left out",
    tokenizer: "tokenizer_id: one that the server has",
    userId: "a bare integer",
  },
  evaluate: {
    path: "path_override: of the server's",
    ...its(EvaluateOptions, [
      "document",
      "format",
      "batchSize",
      "stride",
      "evalTokens",
      "prompts",
      "seed",
      "out",
      "against",
      "regressionThreshold",
    ]),
  },
  score: its(ScoreOptions, ["stride"]),
  generate: { prompt: "prompt_text or prompt_path" },
  chat: its(ChatOptions, ["seed"]),
} as const;

function its<Name extends string>(_: { readonly shape: Record<Name, unknown> }, names: readonly Name[]) {
  return Object.fromEntries(names.map((name) => [name, "of the library and the command line"]));
}

test.each([
  ["train", TrainOptions, TrainRequest, { ...OTHERWISE.train, ...notInRequests }],
  ["evaluate", EvaluateOptions, EvaluateRequest, OTHERWISE.evaluate],
  ["score", ScoreOptions, ScoreRequest, OTHERWISE.score],
  ["generate", GenerateOptions, GenerateRequest, OTHERWISE.generate],
  ["chat", ChatOptions, ChatRequest, OTHERWISE.chat],
])("each option of %s is a field of its request, as it is everywhere else", (_, options, request, otherwise) => {
  const [all, fields]: readonly [Shape, Shape] = [options.shape, request.shape];
  for (const [name, option] of Object.entries(all)) {
    if (name in otherwise) continue;
    const facts = optionFacts(option);
    const field = optionFacts(fields[snake(name)] ?? z.never());
    const { kind, choices, minimum, maximum } = facts;
    expect([name, field]).toMatchObject([
      name,
      { kind, choices, minimum, maximum: facts.most ?? maximum, default: facts.default ?? undefined, required: false },
    ]);
  }
});

test("what is not an option has no field but those of the corpus and of whom", () => {
  const known = new Set(Object.keys(TrainOptions.shape).map(snake));
  expect(Object.keys(TrainRequest.shape).filter((name) => !known.has(name))).toEqual([
    "corpus_path",
    "corpus_paths",
    "tokenizer_id",
  ]);
});

test("a new option is a field, in the words of the API", () => {
  const shape = wire({
    headCount: z.int().min(1).default(3).meta({ description: "heads, counted", most: 9 }),
    rate: z.number().nullable().default(null).describe("a rate"),
    kind: z.enum(["b", "a"]).default("b").describe("a kind"),
    decay: z.number().min(0).lt(1).default(0).describe("a decay"),
    part: z.number().gt(0).max(1).default(1).describe("a part"),
    layers: z.array(z.string().trim().min(1)).min(1).nullable().default(null).describe("layers"),
  });
  const request = z.object(shape);
  expect(request.parse({ rate: null })).toEqual({
    head_count: 3,
    rate: null,
    kind: "b",
    decay: 0,
    part: 1,
    layers: null,
  });
  const why = (body: object) =>
    request.safeParse(body).error?.issues.map(({ path, message }) => [path.join("."), message]);
  expect(why({ head_count: 10, rate: "1", kind: "c" })).toEqual([
    ["head_count", "must be <= 9"],
    ["rate", "must be a number"],
    ["kind", "must be one of: a, b"],
  ]);
  expect(why({ decay: 1, part: 0, layers: [] })).toEqual([
    ["decay", "must be < 1"],
    ["part", "must be > 0"],
    ["layers", "must name one at least"],
  ]);
  expect(why({ decay: -1, part: 2, layers: ["a", " "] })).toEqual([
    ["decay", "must be >= 0"],
    ["part", "must be <= 1"],
    ["layers.1", "must not be empty"],
  ]);
  expect(request.parse({ layers: [" a "] }).layers).toEqual(["a"]);
  expect(z.toJSONSchema(shape.head_count, { io: "input" })).toMatchObject({
    description: "Heads, counted.",
    default: 3,
  });
});

test("names are held to those that are known, and open where none are", () => {
  const body = { corpus_file_id: "a", model_family: "nope", tokenizer_method: "words", optimizer: "lion" };
  expect(TrainRequest.parse(body)).toMatchObject(body);
  const known = { families: ["nope"], methods: ["words"], optimizers: ["lion", "adamw"] };
  expect(trainRequest(known).parse(body)).toMatchObject(body);
  const refused = trainRequest({ ...known, families: ["gpt2"], methods: ["bpe"] }).safeParse(body).error?.issues;
  expect(refused?.map(({ path }) => path.join(".")).toSorted()).toEqual(["model_family", "tokenizer_method"]);
});

test("a request names its texts by an id, by a path or by several", () => {
  const none = { corpus_file_id: null, corpus_path: null, corpus_paths: null };
  expect(textsNamed({ ...none, corpus_file_id: "f" })).toEqual(["f"]);
  expect(textsNamed({ ...none, corpus_path: "a.txt" })).toEqual(["a.txt"]);
  expect(textsNamed({ ...none, corpus_paths: ["own", "wiki"] })).toEqual(["own", "wiki"]);
  expect(textsNamed({})).toEqual([]);
});
