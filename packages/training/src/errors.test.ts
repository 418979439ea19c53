import { expect, test } from "vitest";
import { CorpusError } from "./corpus/corpus-error.js";
import { TrainingError } from "./errors.js";

class Named extends Error {
  constructor(
    override readonly name: string,
    readonly code: string,
  ) {
    super("what happened");
  }
}

test.each([
  [new CorpusError("CORPUS_EMPTY", "nothing"), "CORPUS_EMPTY", "USER_INPUT"],
  [new Named("ModelError", "MODEL_NOT_FOUND"), "MODEL_NOT_FOUND", "USER_INPUT"],
  [new Named("ModelError", "MODEL_LOAD_FAILED"), "MODEL_LOAD_FAILED", "FATAL"],
  [new Named("TokenizerError", "TOKENIZER_NOT_FOUND"), "TOKENIZER_NOT_FOUND", "USER_INPUT"],
  [new Named("TokenizerError", "TOKENIZER_TRAIN_FAILED"), "TOKENIZER_TRAIN_FAILED", "FATAL"],
  [new Named("TorchError", "OUT_OF_MEMORY"), "TRAINING_OOM", "USER_INPUT"],
  [new Named("TorchError", "SHAPE"), "INTERNAL_ERROR", "FATAL"],
  [new Named("Error", "ENOSPC"), "INSUFFICIENT_STORAGE", "FATAL"],
  [new Named("Error", "EFBIG"), "INSUFFICIENT_STORAGE", "FATAL"],
  [new Named("Error", "EACCES"), "FORBIDDEN", "USER_INPUT"],
  [new Named("Error", "EMFILE"), "SERVICE_UNAVAILABLE", "TRANSIENT"],
  [new Named("Error", "ESTALE"), "SERVICE_UNAVAILABLE", "TRANSIENT"],
  [new Error("boom"), "INTERNAL_ERROR", "FATAL"],
  ["a string", "INTERNAL_ERROR", "FATAL"],
])("%s has the code %s and the class %s", (error, code, failureClass) => {
  const failure = TrainingError.from(error);
  expect(failure).toMatchObject({ code, failureClass, cause: error });
  expect(failure.message).toContain(error instanceof Error ? error.message : error);
});

test("a training error stays itself", () => {
  const error = new TrainingError("CONFLICT", "USER_INPUT", "no");
  expect(TrainingError.from(error)).toBe(error);
});
