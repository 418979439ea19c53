import { expect, test } from "vitest";
import { CorpusError } from "./corpus/corpus-error.js";
import { Failure, newFailure, TrainingError } from "./errors.js";

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
  [new Named("ModelError", "NEW"), "INTERNAL_ERROR", "FATAL"],
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
  const error = new TrainingError("CONFLICT", "no");
  expect(TrainingError.from(error)).toBe(error);
});

test("a failure has the class of its code, unless whoever saw it says otherwise", () => {
  expect(newFailure("TIMEOUT", "late").failureClass).toBe("FATAL");
  expect(newFailure("TIMEOUT", "late", "TRANSIENT").failureClass).toBe("TRANSIENT");
  expect(new TrainingError("CONFLICT", "no").failureClass).toBe("USER_INPUT");
  expect(new TrainingError("CONFLICT", "no", { failureClass: "TRANSIENT" }).failureClass).toBe("TRANSIENT");
});

test("a failure crosses between processes as its three fields, with a code that there is", () => {
  const failure = { code: "CONFLICT", failureClass: "USER_INPUT", message: "no" };
  expect(Failure.parse(new TrainingError("CONFLICT", "no", { cause: "why" }))).toEqual(failure);
  for (const code of ["NEW", "toString", 1]) expect(Failure.safeParse({ ...failure, code }).success).toBe(false);
});
