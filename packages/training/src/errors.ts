import { errnoOf } from "@trainer/disk";
import type { ModelErrorCode } from "@trainer/models/capabilities";
import type { TokenizerErrorCode } from "@trainer/tokenizers";
import { z } from "zod";
import type { CorpusErrorCode } from "./corpus/corpus-error.js";

/** Remedy of a failure: change the request, retry it, or neither. */
export const FailureClass = z.enum(["USER_INPUT", "TRANSIENT", "FATAL"]);
export type FailureClass = z.output<typeof FailureClass>;

type Refusal = CorpusErrorCode | ModelErrorCode | TokenizerErrorCode;

/** Every code of a failure, with the class it has unless the place that throws says otherwise. */
const CLASSES = {
  INVALID_INPUT: "USER_INPUT",
  FORBIDDEN: "USER_INPUT",
  CONFLICT: "USER_INPUT",
  CANCELLED: "USER_INPUT",
  UNSUPPORTED_BACKEND: "USER_INPUT",
  TIMEOUT: "FATAL",
  JOB_FAILED: "FATAL",
  INTERNAL_ERROR: "FATAL",
  INSUFFICIENT_STORAGE: "FATAL",
  SERVICE_UNAVAILABLE: "TRANSIENT",
  EXTERNAL_SERVICE_ERROR: "FATAL",

  TRAINING_CANCELLED: "USER_INPUT",
  TRAINING_OOM: "USER_INPUT",
  TRAINING_NAN_LOSS: "FATAL",
  TRAINING_DIVERGED: "FATAL",
  CUDA_OOM: "USER_INPUT",
  CUDA_NOT_AVAILABLE: "USER_INPUT",

  MODEL_NOT_FOUND: "USER_INPUT",
  MODEL_LOAD_FAILED: "FATAL",
  MODEL_INCOMPATIBLE: "USER_INPUT",
  INVALID_MODEL_SIZE: "USER_INPUT",
  INVALID_DIMENSIONS: "USER_INPUT",

  TOKENIZER_NOT_FOUND: "USER_INPUT",
  TOKENIZER_LOAD_FAILED: "FATAL",
  TOKENIZER_TRAIN_FAILED: "FATAL",

  CORPUS_NOT_FOUND: "USER_INPUT",
  CORPUS_EMPTY: "USER_INPUT",
  CORPUS_UNREADABLE: "USER_INPUT",

  RUN_NOT_FOUND: "USER_INPUT",
  DATA_NOT_FOUND: "FATAL",
  ARTIFACT_UPLOAD_FAILED: "FATAL",
  ARTIFACT_DOWNLOAD_FAILED: "FATAL",
} as const satisfies Readonly<Record<string, FailureClass> & Record<Refusal, FailureClass>>;
export type ErrorCode = keyof typeof CLASSES;

/** Why something came to nothing, as manifests and messages between processes have it. */
export const Failure = z.object({
  code: z.custom<ErrorCode>(isErrorCode),
  failureClass: FailureClass,
  /** Bounded: what another process sends is not trusted to be short. */
  message: z.string().max(2 ** 20),
});
export type Failure = z.output<typeof Failure>;

/** A failure that was seen from outside, and that nothing has thrown. */
export const newFailure = (code: ErrorCode, message: string, failureClass: FailureClass = CLASSES[code]): Failure => ({
  code,
  failureClass,
  message,
});

/** A failure of training or of using what was trained: `code` gives its kind, `failureClass` the remedy. */
export class TrainingError extends Error {
  override readonly name = "TrainingError";
  readonly failureClass: FailureClass;

  constructor(
    readonly code: ErrorCode,
    message: string,
    options: ErrorOptions & { readonly failureClass?: FailureClass } = {},
  ) {
    super(message, options);
    this.failureClass = options.failureClass ?? CLASSES[code];
  }

  /** Runs what can be cancelled: each failure is one of these, but for the reason of the signal. */
  static async within<T>(signal: AbortSignal | undefined, body: () => Promise<T>): Promise<T> {
    try {
      return await body();
    } catch (error) {
      signal?.throwIfAborted();
      throw TrainingError.from(error);
    }
  }

  /** Any error as one of these, with its class; what is not known is FATAL. */
  static from(error: unknown): TrainingError {
    if (error instanceof TrainingError) return error;
    const [code, hint] = classify(error);
    const message = error instanceof Error ? error.message : String(error);
    return new TrainingError(code, hint === "" ? message : `${message}; ${hint}`, { cause: error });
  }
}

function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === "string" && Object.hasOwn(CLASSES, code);
}

/**
 * By the error's name and code rather than its class: a process that only checks a request loads no native code for it.
 */
function classify(error: unknown): readonly [code: ErrorCode, hint: string] {
  const name = error instanceof Error ? error.name : "";
  const code = errnoOf(error);
  if (OURS.has(name) && isErrorCode(code)) return [code, ""];
  if (name === "TorchError" && code === "OUT_OF_MEMORY") {
    return ["TRAINING_OOM", "a smaller batch, shorter sequences or a smaller model need less memory"];
  }
  if (FULL.has(code)) return ["INSUFFICIENT_STORAGE", "free some space, then resume the run"];
  if (DENIED.has(code)) return ["FORBIDDEN", "check who may write there"];
  if (PASSING.has(code)) return ["SERVICE_UNAVAILABLE", ""];
  return ["INTERNAL_ERROR", ""];
}

const OURS = new Set(["CorpusError", "ModelError", "TokenizerError"]);
const FULL = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);
const DENIED = new Set(["EACCES", "EPERM", "EROFS"]);
const PASSING = new Set(["EAGAIN", "EBUSY", "EMFILE", "ENFILE", "EIO", "ESTALE", "ETIMEDOUT"]);
