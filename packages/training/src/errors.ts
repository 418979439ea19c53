import { errnoOf } from "@trainer/disk";
/** What is to be done about a failure: mend the request, try again as it is, or neither. */
export const failureClasses = ["USER_INPUT", "TRANSIENT", "FATAL"] as const;
export type FailureClass = (typeof failureClasses)[number];

/** A failure of training or of using what was trained: `code` says what, `failureClass` what to do about it. */
export class TrainingError extends Error {
  override readonly name = "TrainingError";
  constructor(
    readonly code: string,
    readonly failureClass: FailureClass,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  /** Any error as one of these, with its class; what is not known is FATAL. */
  static from(error: unknown): TrainingError {
    if (error instanceof TrainingError) return error;
    const [code, failureClass, hint] = classify(error);
    const message = error instanceof Error ? error.message : String(error);
    return new TrainingError(code, failureClass, hint === "" ? message : `${message}; ${hint}`, { cause: error });
  }
}

type Classified = readonly [code: string, failureClass: FailureClass, hint: string];

/** By the error's name and code rather than its class: whoever only checks a request loads no native code for it. */
function classify(error: unknown): Classified {
  const name = error instanceof Error ? error.name : "";
  const code = errnoOf(error);
  if (name === "CorpusError" || name === "ModelError" || name === "TokenizerError") {
    return [code, BROKEN.has(code) ? "FATAL" : "USER_INPUT", ""];
  }
  if (name === "TorchError" && code === "OUT_OF_MEMORY") {
    return ["TRAINING_OOM", "USER_INPUT", "a smaller batch, shorter sequences or a smaller model need less memory"];
  }
  if (FULL.has(code)) return ["INSUFFICIENT_STORAGE", "FATAL", "free some space, then resume the run"];
  if (DENIED.has(code)) return ["FORBIDDEN", "USER_INPUT", "check who may write there"];
  if (PASSING.has(code)) return ["SERVICE_UNAVAILABLE", "TRANSIENT", ""];
  return ["INTERNAL_ERROR", "FATAL", ""];
}

/** Codes that say that a file is damaged or a step went wrong, rather than that the request was. */
const BROKEN = new Set(["MODEL_LOAD_FAILED", "TOKENIZER_LOAD_FAILED", "TOKENIZER_TRAIN_FAILED"]);
const FULL = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);
const DENIED = new Set(["EACCES", "EPERM", "EROFS"]);
const PASSING = new Set(["EAGAIN", "EBUSY", "EMFILE", "ENFILE", "EIO", "ESTALE", "ETIMEDOUT"]);
