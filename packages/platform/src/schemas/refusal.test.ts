import { expect, test } from "vitest";
import { z } from "zod";
import { refusalOf } from "./refusal.js";
import { TokenizerTrainRequest } from "./tokenizer.js";
import { TrainRequest, trainRequest } from "./train.js";
import { ChatRequest, GenerateRequest, ScoreRequest } from "./use.js";

const refused = (schema: z.ZodType, body: unknown) => {
  const { error } = schema.safeParse(body);
  if (error === undefined) return null;
  const { status, code, message } = refusalOf(error);
  return `${status} ${code} ${message}`;
};

test.each([
  [{}, "400 INVALID_INPUT corpus_file_id is required"],
  [{ corpus_file_id: null, corpus_path: null }, "400 INVALID_INPUT corpus_file_id is required"],
  [{ corpus_file_id: " " }, "404 CORPUS_NOT_FOUND corpus_file_id must be non-empty"],
  [{ corpus_path: "" }, "404 CORPUS_NOT_FOUND corpus_path must be non-empty"],
  [
    { corpus_file_id: "a", corpus_path: "b" },
    "422 INVALID_INPUT corpus_path and corpus_file_id are mutually exclusive",
  ],
  [{ corpus_file_id: "a", z: 1, y: 1 }, "422 INVALID_INPUT Extra fields not allowed: y, z"],
  [{ corpus_file_id: 4 }, "400 INVALID_INPUT corpus_file_id must be a string"],
  [{ corpus_file_id: "a", max_seq_len: 7 }, "400 INVALID_INPUT max_seq_len must be >= 8"],
  [{ corpus_file_id: "a", seed: true }, "400 INVALID_INPUT seed must be an integer"],
  [{ corpus_file_id: "a", seed: 1.5 }, "400 INVALID_INPUT seed must be an integer"],
  [{ corpus_file_id: "a", test_split_ratio: 0.6 }, "400 INVALID_INPUT test_split_ratio must be <= 0.5"],
  [{ corpus_file_id: "a", learning_rate: "1" }, "400 INVALID_INPUT learning_rate must be a number"],
  [{ corpus_file_id: "a", freeze_embed: 1 }, "400 INVALID_INPUT freeze_embed must be a boolean"],
  [{ corpus_file_id: "a", optimizer: "lion" }, "400 INVALID_INPUT optimizer must be one of: adam, adamw, sgd"],
  [{ corpus_file_id: "a", optimizer: 1 }, "400 INVALID_INPUT optimizer must be a string"],
  [{ corpus_file_id: "a", user_id: -1 }, "400 INVALID_INPUT user_id must be >= 0"],
  [{ corpus_file_id: "a", user_id: "1" }, "400 INVALID_INPUT user_id must be an integer"],
  [{ corpus_file_id: "a", user_id: true }, "400 INVALID_INPUT user_id must be an integer"],
  [[], "400 INVALID_INPUT Invalid request body"],
  [null, "400 INVALID_INPUT Invalid request body"],
])("a training of %j is answered %s", (body, answer) => {
  expect(refused(trainRequest({ optimizers: ["adamw", "adam", "sgd"] }), body)).toBe(answer);
});

test("names that a registry knows are taken as they are where no registry is at hand", () => {
  expect(refused(TrainRequest, { corpus_file_id: "a", optimizer: "lion", model_family: "mamba" })).toBeNull();
});

test.each([
  ["user_id", 2n ** 63n, "must be <= 9223372036854775807"],
  ["seed", 2n ** 60n, "must be <= 9007199254740991"],
  ["seed", -(2n ** 60n), "must be >= 0"],
])("%s %s is too much of a whole number", (field, value, what) => {
  expect(refused(TrainRequest, { corpus_file_id: "a", [field]: value })).toBe(`400 INVALID_INPUT ${field} ${what}`);
});

test("a training needs a corpus alone; null is the same as leaving out", () => {
  const asked = TrainRequest.parse({ corpus_file_id: "a", seed: null, user_id: null });
  expect(asked).toMatchObject({
    model_family: "gpt2",
    seed: 42,
    user_id: 0n,
    corpus_path: null,
    data_num_workers: null,
  });
  expect(TrainRequest.parse({ corpus_path: "a.txt", user_id: 1234567890123456789n }).user_id).toBe(
    1234567890123456789n,
  );
});

test.each([
  ["422 INVALID_INPUT either text or path must be provided", ScoreRequest, {}],
  ["422 INVALID_INPUT text and path are mutually exclusive", ScoreRequest, { text: "a", path: "b" }],
  ["422 INVALID_INPUT either prompt_text or prompt_path must be provided", GenerateRequest, {}],
  ["422 INVALID_INPUT stop_on_eos must be a boolean", GenerateRequest, { prompt_text: "a", stop_on_eos: "no" }],
  [
    "422 INVALID_INPUT stop_sequences must be a list of strings",
    GenerateRequest,
    { prompt_text: "a", stop_sequences: "x" },
  ],
  [
    "400 INVALID_INPUT num_return_sequences must be <= 16",
    GenerateRequest,
    { prompt_text: "a", num_return_sequences: 17 },
  ],
  ["400 INVALID_INPUT message is required", ChatRequest, {}],
  ["400 INVALID_INPUT vocab_size must be >= 128", TokenizerTrainRequest, { corpus_file_id: "a", vocab_size: 127 }],
  [
    "400 INVALID_INPUT method must be bpe where base_tokenizer_id is given",
    TokenizerTrainRequest,
    { corpus_file_id: "a", base_tokenizer_id: "tok-a", method: "char" },
  ],
  [
    "400 INVALID_INPUT add_tokens is for base_tokenizer_id alone",
    TokenizerTrainRequest,
    { corpus_file_id: "a", base_tokenizer_id: null, add_tokens: 5 },
  ],
  ["422 INVALID_INPUT Extra fields not allowed: extra", TokenizerTrainRequest, { corpus_file_id: "a", extra: 1 }],
])("%s", (answer, schema, body) => {
  expect(refused(schema, body)).toBe(answer);
});

const corpus = { corpus_file_id: "a" };
const prompt = { prompt_text: "a" };
const TOO_LONG = "must have at most 1048576 characters; give a longer one as a file";
const letters = (count: number) => "a".repeat(count);
test.each([
  [TrainRequest, corpus, "num_epochs", 1_000_000, 1_000_001, "must be <= 1000000"],
  [TrainRequest, corpus, "num_epochs", 1, Number.MAX_SAFE_INTEGER, "must be <= 1000000"],
  [TrainRequest, corpus, "num_epochs", 1, 2n ** 62n, "must be <= 1000000"],
  [TrainRequest, corpus, "max_steps", 1e9, 1e9 + 1, "must be <= 1000000000"],
  [TrainRequest, corpus, "batch_size", 65_536, 65_537, "must be <= 65536"],
  [TrainRequest, corpus, "max_seq_len", 2 ** 20, 2 ** 20 + 1, "must be <= 1048576"],
  [TrainRequest, corpus, "vocab_size", 2 ** 22, 2 ** 22 + 1, "must be <= 4194304"],
  [TrainRequest, corpus, "data_num_workers", 1024, 1025, "must be <= 1024"],
  [TrainRequest, corpus, "early_stopping_patience", 1e6, 1e6 + 1, "must be <= 1000000"],
  [TrainRequest, corpus, "document_separator", letters(1024), letters(1025), "must have at most 1024 characters"],
  [TrainRequest, corpus, "text_field", letters(256), letters(257), "must have at most 256 characters"],
  [TrainRequest, corpus, "text_field", " a ", " ", "must not be empty"],
  [TrainRequest, {}, "corpus_file_id", letters(256), letters(257), "must have at most 256 characters"],
  [TokenizerTrainRequest, {}, "corpus_file_id", letters(256), letters(257), "must have at most 256 characters"],
  [TokenizerTrainRequest, corpus, "vocab_size", 2 ** 22, 2 ** 22 + 1, "must be <= 4194304"],
  [ScoreRequest, { text: "a" }, "top_k", 1000, 1001, "must be <= 1000"],
  [ScoreRequest, {}, "text", letters(2 ** 20), letters(2 ** 20 + 1), TOO_LONG],
  [GenerateRequest, {}, "prompt_text", letters(2 ** 20), letters(2 ** 20 + 1), TOO_LONG],
  [GenerateRequest, prompt, "top_k", 2 ** 22, 2 ** 22 + 1, "must be <= 4194304"],
  [GenerateRequest, prompt, "temperature", 2, 2.1, "must be <= 2"],
  [GenerateRequest, prompt, "min_p", 1, 1.1, "must be <= 1"],
  [GenerateRequest, prompt, "repetition_penalty", 1e6, 1e6 + 1, "must be <= 1000000"],
  [GenerateRequest, prompt, "repetition_penalty", 1e-6, 0, "must be >= 0.000001"],
  [ChatRequest, { message: "a" }, "min_p", 0, -0.1, "must be >= 0"],
  [GenerateRequest, prompt, "max_new_tokens", 1024, 1025, "must be <= 1024"],
  [ChatRequest, {}, "message", letters(2 ** 20), letters(2 ** 20 + 1), TOO_LONG],
  [ChatRequest, { message: "a" }, "session_id", letters(256), letters(257), "must have at most 256 characters"],
])("%#: what is beyond a bound is refused with the bound, and the bound itself is taken", (...row) => {
  const [schema, rest, field, within, beyond, what] = row;
  expect(refused(schema, { ...rest, [field]: within })).toBeNull();
  expect(refused(schema, { ...rest, [field]: beyond })).toBe(`400 INVALID_INPUT ${field} ${what}`);
});

test("stop sequences are a list of so many, each so long", () => {
  const stops = (stop_sequences: string[]) => refused(GenerateRequest, { ...prompt, stop_sequences });
  expect(stops(Array.from({ length: 64 }, () => letters(1024)))).toBeNull();
  expect(stops(Array.from({ length: 65 }, () => "a"))).toBe(
    "422 INVALID_INPUT stop_sequences must be at most 64 strings",
  );
  expect(stops(["a", letters(1025)])).toBe("422 INVALID_INPUT stop_sequences.1 must have at most 1024 characters");
});

test("an issue of a body as a whole can have a code of its own", () => {
  const whole = z.object({}).superRefine((_, ctx) => {
    ctx.addIssue({ code: "custom", message: "no room", params: { code: "INSUFFICIENT_STORAGE" } });
  });
  expect(refused(whole, {})).toBe("507 INSUFFICIENT_STORAGE no room");
  expect(
    refused(
      z.object({}).refine(() => false, "odd"),
      {},
    ),
  ).toBe("400 INVALID_INPUT Invalid request body");
});
